# The graded response model of a validation, fitted by mirt. Run it in its own folder:
#
#     Rscript mirt.R
#
# It reads counts.csv (how many people of each role gave each pattern of answers), prints a table and writes mirt.csv, whose rows
# are named as those of results.json: role, quantity, item, category, method. Standard errors are those of independent answers,
# in Python op.irt(answers, cluster=None).
@head@
suppressPackageStartupMessages(library(mirt))
@counts@
rows <- list()

row <- function(role, quantity, estimate, item = NA, category = NA, std_error = NA, n = NA)
  rows[[length(rows) + 1]] <<- data.frame(role, quantity, item, category, method = "graded", estimate, std_error, n)

for (role in unique(counts$role)) {
  own <- counts[counts$role == role, ]
  X <- own[rep(seq_len(nrow(own)), own$count), items, drop = FALSE]
  names(X) <- columns
  X <- X[rowSums(!is.na(X)) > 0, , drop = FALSE]
  n <- nrow(X)
  m <- tryCatch(mirt(X, 1, "graded", SE = TRUE, SE.type = "Oakes", TOL = 1e-7, verbose = FALSE, technical = list(NCYCLES = 1500)),
                error = function(error) { message(role, ": ", conditionMessage(error)); NULL })
  if (is.null(m)) next
  slopes <- coef(m, printSE = TRUE)
  difficulties <- coef(m, IRTpars = TRUE, printSE = TRUE)
  # The factor has no direction: as here, most items rise with it.
  side <- sign(sum(sapply(columns, function(column) slopes[[column]]["par", "a1"])))
  for (place in seq_len(k)) {
    one <- slopes[[columns[place]]]
    other <- difficulties[[columns[place]]]
    row(role, "discrimination", side * one["par", "a1"], items[place], std_error = one["SE", "a1"], n = n)
    # mirt counts steps through the categories that occur; the rows count them through those of the scale.
    steps <- match(sort(unique(X[[place]])), categories)[-1] - 1
    for (step in seq_along(steps)) {
      d <- paste0("d", step)
      b <- paste0("b", step)
      row(role, "intercept", one["par", d], items[place], steps[step], one["SE", d], n)
      row(role, "difficulty", side * other["par", b], items[place], steps[step], other["SE", b], n)
    }
  }
  row(role, "log_likelihood", extract.mirt(m, "logLik"), n = n)
  row(role, "aic", extract.mirt(m, "AIC"), n = n)
  row(role, "bic", extract.mirt(m, "BIC"), n = n)
  row(role, "marginal_reliability", marginal_rxx(m), n = n)
}

table <- do.call(rbind, rows)
options(width = 200)
print(format(table, digits = 4), row.names = FALSE)
write.csv(table, "mirt.csv", row.names = FALSE, na = "", fileEncoding = "UTF-8")
