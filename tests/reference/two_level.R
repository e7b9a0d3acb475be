#!/usr/bin/env Rscript
# usage: Rscript two_level.R FOLDER   -> adds two_level to FOLDER/values/NAME.json
# Two-level models that reference.R does not have: partially saturated ones (Ryu & West 2009), at each level one factor or no
# covariances, the other level saturated; both saturated with robust scaling. lavaan keeps its own saturated moments between
# clusters positive semi-definite, so that only the models' heights and traces are taken from it, not its chi-squares.
suppressPackageStartupMessages({library(jsonlite); library(lavaan)})
folder <- commandArgs(TRUE)[1]
for (name in c("sim1_complete", "lq2002_lead")) {
  D <- read.csv(file.path(folder, "data", paste0(name, ".csv")))
  its <- grep("^i[0-9]+$", names(D), value = TRUE)
  pairs <- apply(which(upper.tri(diag(length(its)), TRUE), arr.ind = TRUE), 1, function(p) paste(its[p[1]], "~~", its[p[2]]))
  factor <- paste("f =~", paste(its, collapse = " + "))
  saturated <- paste(pairs, collapse = "\n")
  independent <- paste(its, "~~", its, collapse = "\n")
  models <- list(saturated = c(saturated, saturated), within_factor = c(factor, saturated),
                 within_independent = c(independent, saturated), between_factor = c(saturated, factor),
                 between_independent = c(saturated, independent))
  out <- lapply(models, function(model) {
    fits <- lapply(c("MLR", "ML"), function(estimator) sem(paste("level: 1", model[1], "level: 2", model[2], sep = "\n"), data = D,
      cluster = "cluster", estimator = estimator))
    if (!lavInspect(fits[[1]], "converged")) return(list(error = "not converged"))
    # What Yuan & Bentler scale by: the sandwich over the inverse of the observed information.
    trace <- sum(diag(vcov(fits[[1]]) %*% solve(vcov(fits[[2]]))))
    list(log_likelihood = as.numeric(logLik(fits[[1]])), parameters = length(coef(fits[[1]])), trace = trace)
  })
  values <- file.path(folder, "values", paste0(name, ".json"))
  content <- fromJSON(values, simplifyVector = FALSE)
  content$two_level <- out
  write_json(content, values, auto_unbox = TRUE, digits = NA, null = "null")
}
