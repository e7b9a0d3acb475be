invisible(suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8")))

# Text that a spreadsheet program would compute has an apostrophe in front.
counts <- read.csv("counts.csv", na.strings = c("", reasons, paste0("'", reasons)), fileEncoding = "UTF-8",
                   colClasses = c(role = "character"))
names(counts) <- c("role", items, "count")
counts$role <- sub("^'('*[-=+@])", "\\1", counts$role)
k <- length(items)
columns <- paste0("i", seq_len(k))
