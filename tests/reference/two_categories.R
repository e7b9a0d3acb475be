#!/usr/bin/env Rscript
# usage: Rscript two_categories.R FOLDER   -> adds invariance_two_categories to FOLDER/values/bfi_A.json
# Ladder of invariance of two categories (answers of 4 and more against fewer, complete rows), which reference.R does not have.
suppressPackageStartupMessages({library(jsonlite); library(lavaan); library(semTools)})
folder <- commandArgs(TRUE)[1]
D <- read.csv(file.path(folder, "data", "bfi_A.csv"))
its <- grep("^i[0-9]+$", names(D), value = TRUE)
D <- D[complete.cases(D[, its]) & !is.na(D$group) & D$group != "", ]
D[its] <- lapply(D[its], function(x) ordered(as.integer(x >= 4)))
D$group <- as.character(D$group)
model <- paste("f =~", paste(its, collapse = " + "))
steps <- list(configural = "", loadings = c("thresholds", "loadings"), intercepts = c("thresholds", "loadings", "intercepts"),
              residuals = c("thresholds", "loadings", "intercepts", "residuals"))
fits <- lapply(steps, function(equal) cfa(as.character(measEq.syntax(model, data = D, ordered = its, parameterization = "theta",
  ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", group = "group", group.equal = equal)), data = D, ordered = its,
  parameterization = "theta", group = "group", estimator = "WLSMV"))
out <- lapply(fits, function(fit) as.list(fitMeasures(fit, c("chisq", "df", "chisq.scaled"))))
out$residuals_after_intercepts <- as.list(lavTestLRT(fits$intercepts, fits$residuals)[2, c("Chisq diff", "Df diff", "Pr(>Chisq)")])
values <- file.path(folder, "values", "bfi_A.json")
content <- fromJSON(values, simplifyVector = FALSE)
content$invariance_two_categories <- out
write_json(content, values, auto_unbox = TRUE, digits = NA, null = "null")
