# The main numbers of a validation, computed by lavaan. Run it in its own folder:
#
#     Rscript lavaan.R
#
# It reads counts.csv (how many people of each role gave each pattern of answers), prints a table and writes lavaan.csv, whose
# rows are named as those of results.json: role, quantity, item, category, method.
# Estimates, log-likelihoods and unscaled tests are to agree with it. Standard errors and scaled tests are those of independent
# answers, in Python op.cfa(answers, cluster=None): by leader they are other ones, and counts do not know leaders.
@head@
suppressPackageStartupMessages(library(lavaan))
@counts@
model <- paste("f =~", paste(columns, collapse = " + "))
rows <- list()

row <- function(role, quantity, method, estimate = NA, item = NA, category = NA, std_error = NA, statistic = NA, df = NA,
                p_value = NA, n = NA)
  rows[[length(rows) + 1]] <<- data.frame(role, quantity, item, category, method, estimate, std_error, statistic, df, p_value, n)

# ---- what is read off a fitted model

indices <- c(cfi = "cfi", tli = "tli", rmsea = "rmsea", srmr = "srmr_bentler_nomean", crmr = "crmr_nomean")
heights <- c(log_likelihood = "logl", aic = "aic", bic = "bic")

fit_rows <- function(role, fit, method, robust) {
  measures <- fitMeasures(fit)
  n <- lavInspect(fit, "ntotal")
  row(role, "chi2", method, statistic = measures[["chisq"]], df = measures[["df"]], p_value = measures[["pvalue"]], n = n)
  if (robust) row(role, "chi2_scaled", method, statistic = measures[["chisq.scaled"]], df = measures[["df.scaled"]],
                  p_value = measures[["pvalue.scaled"]], n = n)
  wanted <- c(indices, heights)
  if (robust) for (name in c("cfi", "tli", "rmsea")) {
    wanted[[paste0(name, "_scaled")]] <- paste0(name, ".scaled")
    wanted[[paste0(name, "_robust")]] <- paste0(name, ".robust")
  }
  for (name in names(wanted)) if (wanted[[name]] %in% names(measures)) row(role, name, method, measures[[wanted[[name]]]], n = n)
}

# lavaan counts thresholds through the categories that occur; the rows count them through those of the scale.
threshold_place <- function(answers, column, name)
  match(sort(unique(answers[[column]])), categories)[as.integer(sub("t", "", name))]

parameter_rows <- function(role, fit, method, answers) {
  n <- lavInspect(fit, "ntotal")
  quantities <- c("=~" = "loading", "~1" = "intercept", "~~" = "residual_variance", "|" = "threshold")
  estimates <- parameterEstimates(fit)
  if (method == "WLSMV") estimates <- estimates[estimates$op %in% c("=~", "|"), ]
  for (place in seq_len(nrow(estimates))) {
    one <- estimates[place, ]
    column <- if (one$op == "=~") one$rhs else one$lhs
    if (!(one$op %in% names(quantities)) || !(column %in% columns)) next
    category <- if (one$op == "|") threshold_place(answers, column, one$rhs) else NA
    row(role, quantities[[one$op]], method, one$est, items[match(column, columns)], category, one$se, n = n)
  }
  standardized <- standardizedSolution(fit)
  standardized <- standardized[standardized$op == "=~", ]
  for (place in seq_len(k)) row(role, "loading_standardized", method, standardized$est.std[place], items[place],
                                std_error = standardized$se[place], n = n)
}

# ---- reliability

omega_total <- function(fit, denominator) {
  parts <- lavInspect(fit, "est")
  sum(parts$lambda)^2 / sum(if (denominator == "implied") lavInspect(fit, "implied")$cov else lavInspect(fit, "sampstat")$cov)
}

# Green and Yang (2009), equation 21: reliability of the sum of the categories, both parts as the model implies them. A threshold
# adds one to a category, or more where nobody chose those between.
omega_categorical <- function(fit, answers) {
  parts <- lavInspect(fit, "est")
  loading <- parts$lambda[, 1]
  tau <- lapply(columns, function(column) parts$tau[grepl(paste0("^", column, "[|]"), rownames(parts$tau)), 1])
  steps <- lapply(columns, function(column) diff(match(sort(unique(answers[[column]])), categories)))
  summed <- function(i, j, both) sum(outer(steps[[i]], steps[[j]]) * both)
  apart <- function(i, j) summed(i, j, outer(pnorm(tau[[i]]), pnorm(tau[[j]])))
  shared <- function(i, j, rho) {
    pairs <- expand.grid(tau[[i]], tau[[j]])
    summed(i, j, pbivnorm::pbivnorm(pairs[, 1], pairs[, 2], rep(rho, nrow(pairs)))) - apart(i, j)
  }
  variance <- function(i) summed(i, i, outer(tau[[i]], tau[[i]], function(a, b) pnorm(pmin(a, b)))) - apart(i, i)
  true <- total <- 0
  for (i in seq_len(k)) for (j in seq_len(k)) {
    between <- shared(i, j, loading[i] * loading[j])
    true <- true + between
    total <- total + if (i == j) variance(i) else between
  }
  true / total
}

# ---- role by role

reported <- function(role, method, expression)
  tryCatch(suppressWarnings(expression), error = function(error) message(role, ", ", method, ": ", conditionMessage(error)))

for (role in unique(counts$role)) {
  own <- counts[counts$role == role, ]
  answers <- own[rep(seq_len(nrow(own)), own$count), items, drop = FALSE]
  names(answers) <- columns
  answered <- answers[rowSums(!is.na(answers)) > 0, , drop = FALSE]
  complete <- answers[complete.cases(answers), , drop = FALSE]
  covariance <- cov(complete)
  row(role, "alpha", "listwise", k / (k - 1) * (1 - sum(diag(covariance)) / sum(covariance)), n = nrow(complete))

  reported(role, "ML", {
    fit <- cfa(model, complete, std.lv = TRUE, meanstructure = TRUE, estimator = "ML")
    fit_rows(role, fit, "ML", robust = FALSE)
    parameter_rows(role, fit, "ML", answers)
    row(role, "omega_total", "ML-implied", omega_total(fit, "implied"), n = nrow(complete))
    row(role, "omega_total", "ML-observed", omega_total(fit, "observed"), n = nrow(complete))
  })
  reported(role, "FIML", {
    fit <- cfa(model, answered, std.lv = TRUE, estimator = "MLR", missing = "fiml")
    fit_rows(role, fit, "FIML", robust = TRUE)
    parameter_rows(role, fit, "FIML", answers)
    row(role, "omega_total", "FIML-implied", omega_total(fit, "implied"), n = nrow(answered))
  })
  reported(role, "WLSMV", {
    fit <- cfa(model, answered, std.lv = TRUE, estimator = "WLSMV", ordered = columns, missing = "pairwise")
    fit_rows(role, fit, "WLSMV", robust = TRUE)
    parameter_rows(role, fit, "WLSMV", answers)
    row(role, "omega_categorical", "implied", omega_categorical(fit, answered), n = lavInspect(fit, "ntotal"))
  })
}

table <- do.call(rbind, rows)
options(width = 200)
print(format(table, digits = 4), row.names = FALSE)
write.csv(table, "lavaan.csv", row.names = FALSE, na = "", fileEncoding = "UTF-8")
