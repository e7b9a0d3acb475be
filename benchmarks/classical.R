# Tasks of the classical battery in R: Rscript classical.R FOLDER N TASK RUNS, prints the seconds of the fastest run and megabytes.
# FOLDER holds codes.bin (N x 5 integers by column, negative = missing) and leader.bin, as benchmarks/classical.py writes them.
arguments <- commandArgs(TRUE)
folder <- arguments[1]; n <- as.integer(arguments[2]); task <- arguments[3]; runs <- as.integer(arguments[4])
codes <- matrix(readBin(file.path(folder, "codes.bin"), "integer", n * 5, size = 4), ncol = 5)
codes[codes < 0] <- NA
leader <- readBin(file.path(folder, "leader.bin"), "integer", n, size = 4)
answers <- as.data.frame(codes)
complete <- answers[complete.cases(answers), ]
of_complete <- leader[complete.cases(answers)]
answered <- rowSums(!is.na(codes))
scored <- data.frame(score = ifelse(answered >= 3, rowMeans(codes, na.rm = TRUE), NA), leader = factor(leader))

tasks <- list(
  count = function() aggregate(list(n = rep(1L, n)), cbind(leader = leader, replace(answers, is.na(answers), -1L)), sum),
  describe = function() psych::describe(answers),
  alpha = function() psych::alpha(complete, check.keys = FALSE, warnings = FALSE),
  reml = function() lme4::lmer(score ~ 1 + (1 | leader), data = scored),
  agreement = function() {
    multilevel::rwg.j(complete, of_complete, ranvar = 2)
    multilevel::rwg.j.lindell(complete, of_complete, ranvar = 2)
  }
)
invisible(loadNamespace(list(count = "stats", describe = "psych", alpha = "psych", reml = "lme4", agreement = "multilevel")[[task]]))

status <- function(field) {
  line <- grep(paste0(field, ":"), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
invisible(gc())
cat("5", file = "/proc/self/clear_refs")
before <- status("VmRSS")
seconds <- min(replicate(runs, system.time(suppressWarnings(tasks[[task]]()))[["elapsed"]]))
cat(seconds, status("VmHWM") - before, "\n")
