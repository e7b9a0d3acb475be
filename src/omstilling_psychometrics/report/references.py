"""The works that the methods come from, by the analyses that use them."""

from __future__ import annotations

from collections.abc import Collection

_WORKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Bonett, D. G. (2002). Sample size requirements for testing and estimating coefficient alpha. Journal of Educational and Behavioral Statistics, 27, 335–340.", ("reliability",)),
    ("Chen, F. F. (2007). Sensitivity of goodness of fit indexes to lack of measurement invariance. Structural Equation Modeling, 14, 464–504.", ("invariance",)),
    ("Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika, 16, 297–334.", ("reliability", "items")),
    ("Feldt, L. S. (1965). The approximate sampling distribution of Kuder–Richardson reliability coefficient twenty. Psychometrika, 30, 357–370.", ("reliability",)),
    ("Green, S. B., & Yang, Y. (2009). Reliability of summed item scores using structural equation modeling: An alternative to coefficient alpha. Psychometrika, 74, 155–167.", ("reliability", "cfa")),
    ("Guttman, L. (1945). A basis for analyzing test-retest reliability. Psychometrika, 10, 255–282.", ("reliability",)),
    ("Horn, J. L. (1965). A rationale and test for the number of factors in factor analysis. Psychometrika, 30, 179–185.", ("dimensionality",)),
    ("James, L. R., Demaree, R. G., & Wolf, G. (1984). Estimating within-group interrater reliability with and without response bias. Journal of Applied Psychology, 69, 85–98.", ("multilevel",)),
    ("Joanes, D. N., & Gill, C. A. (1998). Comparing measures of sample skewness and kurtosis. The Statistician, 47, 183–189.", ("items",)),
    ("Koopman, L., Zijlstra, B. J. H., & van der Ark, L. A. (2020). Standard errors of two-level scalability coefficients. British Journal of Mathematical and Statistical Psychology, 73, 213–236.", ("mokken",)),
    ("Kuijpers, R. E., van der Ark, L. A., & Croon, M. A. (2013). Standard errors and confidence intervals for scalability coefficients in Mokken scale analysis using marginal models. Sociological Methodology, 43, 42–69.", ("mokken",)),
    ("Little, R. J. A. (1988). A test of missing completely at random for multivariate data with missing values. Journal of the American Statistical Association, 83, 1198–1202.", ("missingness",)),
    ("McNeish, D., & Wolf, M. G. (2023). Dynamic fit index cutoffs for one-factor models. Behavior Research Methods, 55, 1157–1174.", ("dynamic_cutoffs", "cfa")),
    ("Mokken, R. J. (1971). A theory and procedure of scale analysis. De Gruyter.", ("mokken",)),
    ("Muraki, E. (1992). A generalized partial credit model: Application of an EM algorithm. Applied Psychological Measurement, 16, 159–176.", ("irt",)),
    ("Olsson, U. (1979). Maximum likelihood estimation of the polychoric correlation coefficient. Psychometrika, 44, 443–460.", ("correlation", "cfa")),
    ("Prinsen, C. A. C., Mokkink, L. B., Bouter, L. M., et al. (2018). COSMIN guideline for systematic reviews of patient-reported outcome measures. Quality of Life Research, 27, 1147–1157.", ("items", "reliability", "cfa", "irt", "dif")),
    ("Samejima, F. (1969). Estimation of latent ability using a response pattern of graded scores. Psychometrika Monograph Supplement, 34(4).", ("irt",)),
    ("Savalei, V. (2021). Improving fit indices in structural equation modeling with categorical data. Multivariate Behavioral Research, 56, 390–407.", ("cfa",)),
    ("Swaminathan, H., & Rogers, H. J. (1990). Detecting differential item functioning using logistic regression procedures. Journal of Educational Measurement, 27, 361–370.", ("dif",)),
    ("ten Berge, J. M. F., Snijders, T. A. B., & Zegers, F. E. (1981). Computational aspects of the greatest lower bound to the reliability and constrained minimum trace factor analysis. Psychometrika, 46, 201–213.", ("reliability",)),
    ("Velicer, W. F. (1976). Determining the number of components from the matrix of partial correlations. Psychometrika, 41, 321–327.", ("dimensionality",)),
    ("Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American Statistical Association, 22, 209–212.", ("items", "missingness")),
    ("Wu, H., & Estabrook, R. (2016). Identification of confirmatory factor analysis models of different levels of invariance for ordered categorical outcomes. Psychometrika, 81, 1014–1045.", ("invariance",)),
    ("Yuan, K.-H., & Bentler, P. M. (2000). Three likelihood-based methods for mean and covariance structure analysis with nonnormal missing data. Sociological Methodology, 30, 165–200.", ("cfa",)),
)  # fmt: skip


def references(analyses: Collection[str]) -> list[str]:
    """Works behind the analyses that were run, in alphabetical order."""
    return [work for work, used_by in _WORKS if set(used_by) & set(analyses)]
