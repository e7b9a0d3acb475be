# Item response and Mokken models in R: Rscript irt.R FILE N TASK, prints seconds and megabytes, or "absent" without the package.
# FILE holds N x 5 complete answers, 32-bit integers by column, as benchmarks/irt.py writes them.
arguments <- commandArgs(TRUE)
n <- as.integer(arguments[2]); task <- arguments[3]
answers <- as.data.frame(matrix(readBin(arguments[1], "integer", n * 5, size = 4), ncol = 5)) - 1L

tasks <- list(
  mirt_graded = function() mirt::mirt(answers, 1, "graded", SE = TRUE, verbose = FALSE),
  mirt_gpcm = function() mirt::mirt(answers, 1, "gpcm", SE = TRUE, verbose = FALSE),
  erm_pcm = function() eRm::PCM(answers, se = TRUE),
  mokken_h = function() mokken::coefH(as.matrix(answers), se = TRUE, results = FALSE)
)
package <- list(mirt_graded = "mirt", mirt_gpcm = "mirt", erm_pcm = "eRm", mokken_h = "mokken")[[task]]
if (!requireNamespace(package, quietly = TRUE)) {
  cat("absent\n")
  quit()
}
status <- function(field) {
  line <- grep(paste0(field, ":"), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
invisible(gc())
cat("5", file = "/proc/self/clear_refs")
before <- status("VmRSS")
seconds <- system.time(suppressWarnings(invisible(tasks[[task]]())))[["elapsed"]]
cat(seconds, status("VmHWM") - before, "\n")
