#!/usr/bin/env Rscript
# usage: Rscript retest.R FOLDER   -> adds test_retest to FOLDER/values/NAME.json
# Intraclass correlations of two scores of the same people, which reference.R does not have: complete rows; the mean of the first
# half of the items is the score on the first occasion, that of the second half (an item in the middle left out) on the second.
suppressPackageStartupMessages({library(jsonlite); library(psych)})
folder <- commandArgs(TRUE)[1]
for (name in c("sim1_complete", "lq2002_lead", "bfi_A")) {
  D <- read.csv(file.path(folder, "data", paste0(name, ".csv")))
  its <- grep("^i[0-9]+$", names(D), value = TRUE)
  X <- D[complete.cases(D[, its]), its]
  half <- length(its) %/% 2
  fit <- ICC(cbind(rowMeans(X[, 1:half]), rowMeans(X[, (length(its) - half + 1):length(its)])), lmer = FALSE)
  table <- fit$results
  row <- function(type) {
    setNames(as.list(table[table$type == type, c("ICC", "lower bound", "upper bound")]), c("icc", "low", "high"))
  }
  values <- file.path(folder, "values", paste0(name, ".json"))
  content <- fromJSON(values, simplifyVector = FALSE)
  content$test_retest <- list(agreement = row("ICC2"), consistency = row("ICC3"),
                              mean_square_error = fit$summary[[1]][3, "Mean Sq"], n = nrow(X))
  write_json(content, values, auto_unbox = TRUE, digits = NA, null = "null")
}
