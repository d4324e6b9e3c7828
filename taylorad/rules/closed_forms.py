"""Taylor coefficients in closed form, where an equation alone loses digits or does not exist.

Each function takes the base ring's namespace `xp`, the function's own arguments (arrays of any shape) and the order,
and returns the list of normalized derivatives c_0 … c_order. The rules of `special` and `elementary` refer to them.
"""

from __future__ import annotations

import math

import numpy as np

# ---------------------------------------------------------------------------------------- power series as lists


def exp_series(exponent, start):
    """Coefficients of start·exp(exponent - exponent₀): k e_k = Σ j l_j e_{k-j}."""
    result = [start]
    for k in range(1, len(exponent)):
        result.append(sum(j * exponent[j] * result[k - j] for j in range(1, k + 1)) / k)
    return result


def log_series(series, start):
    """Coefficients of start + log(series / series₀): e₀ l_k = e_k - Σ_{0<j<k} (j/k) l_j e_{k-j}."""
    result = [start]
    for k in range(1, len(series)):
        known = sum((j * result[j] * series[k - j] for j in range(1, k)), 0 * series[0])
        result.append((series[k] - known / k) / series[0])
    return result


# ------------------------------------------------------------------------------------------------- closed forms


def hyp0f1_coefficients(xp, b, z, order):
    """0F1(b + k; z) / ((b)_k k!); SciPy's values lose up to 5 digits where z < 0 or k is large, ours do not."""
    values = [xp.hyp0f1(b + k, z) for k in range(order + 1)]
    if getattr(xp, "dtype", None) == np.float64:
        moderate = (np.abs(z) <= 100) & ((b > 0) | ((z < 0) & (b > -100) & (b != np.floor(b))))
        better = descending_hyp0f1(np.where(moderate, b, 1.0), np.where(moderate, z, 0.0), order)
        values = [np.where(moderate, *pair) for pair in zip(better, values, strict=True)]
    return [value / (xp.poch(b, k) * xp.factorial(k)) for k, value in enumerate(values)]


def descending_hyp0f1(b, z, order):
    """0F1(b + k; z), k = 0 … order, by ``F(c) = F(c+1) + z/(c (c+1)) F(c+2)`` downward (DLMF 10.6.1, 10.29.1).

    Downward F grows, or oscillates like the other solution; not where b < 0 < z. It starts at c > 2|z|, where power
    series hardly cancel.
    """
    start = order + 2 + np.ceil(2 * np.abs(z) + np.maximum(-b, 0))
    value, above = hyp0f1_series(b + start, z), hyp0f1_series(b + start + 1, z)
    values: list = []
    first, last = int(np.max(start)), int(np.min(start))
    for k in range(first - 1, -1, -1):
        lower = value + z / ((b + k) * (b + k + 1)) * above
        if k >= last:  # entries begin at their own
            lower, value = np.where(k < start, lower, value), np.where(k < start, value, above)
        value, above = lower, value
        if k <= order:
            values.insert(0, value)
    return values


def hyp0f1_series(c, z):
    """Σ zⁿ/((c)_n n!) where c ≥ 2|z|: terms fall like 2⁻ⁿ/n!."""
    term = total = 1 + 0 * z
    for n in range(20):
        term = term * z / ((c + n) * (n + 1))
        total = total + term
    return total


def hyp1f1_coefficients(xp, a, b, z, order):
    """(a)_k/((b)_k k!) 1F1(a + k; b + k; z), by Kummer's transformation where z < 0."""
    values = []
    for k in range(order + 1):
        direct = xp.hyp1f1(a + k, b + k, xp.where(z < 0, 0 * z, z))
        kummer = xp.exp(xp.where(z < 0, z, 0 * z)) * xp.hyp1f1(b - a, b + k, xp.where(z < 0, -z, 0 * z))
        values.append(xp.where(z < 0, kummer, direct) * (xp.poch(a, k) / (xp.poch(b, k) * xp.factorial(k))))
    return values


def hyp2f1_coefficients(xp, a, b, c, z, order):
    """(a)_k (b)_k/((c)_k k!) 2F1(a+k, b+k; c+k; z), with Euler's transformation for z ≥ 0 and Pfaff's below.

    (1-z)^(c-a-b-k) 2F1(c-a, c-b; c+k; z) takes the growth out; (1-z)^(-b-k) 2F1(c-a, b+k; c+k; z/(z-1)) does not
    alternate.
    """
    negative = z < 0
    above, below = xp.where(negative, 0 * z, z), xp.where(negative, z, 0 * z)
    values = []
    for k in range(order + 1):
        euler = xp.power(1 - above, c - a - b - k) * xp.hyp2f1(c - a, c - b, c + k, above)
        pfaff = xp.power(1 - below, -b - k) * xp.hyp2f1(c - a, b + k, c + k, below / (below - 1))
        factor = xp.poch(a, k) / xp.factorial(k) * (xp.poch(b, k) / xp.poch(c, k))
        values.append(factor * xp.where(negative, pfaff, euler))
    return values


def ellip_coefficients(xp, a, m, order):
    """Of π/2·2F1(a, 1/2; 1; m): K for a = 1/2, E for a = -1/2."""
    half = (0 * xp.pi + 1) / 2
    return [xp.pi / 2 * c for c in hyp2f1_coefficients(xp, a * 2 * half / 2, half, 2 * half, m, order)]


def sinc(xp, x):
    """sin(πx)/(πx), exactly 0 at the integers."""
    zero = x == 0
    return xp.where(zero, 1 + 0 * x, xp.sinpi(x) / (xp.pi * xp.where(zero, 1 + 0 * x, x)))


def sinc_coefficients(xp, x, order):
    """Of sin(πx)/(πx), from (x y)' = cos(πx): ``(k+1) (c_k + x c_{k+1})`` is the coefficient d_k of cos(πx).

    Forward for k < π|x| and backward beyond: the other way roundings grow. Backward it starts where what is left out,
    ``|c_k| ≤ πᵏ/k!``, is far below rounding.
    """
    size = np.abs(np.asarray(getattr(x, "midpoint", x))).astype(float)
    last = order + 60 + int(8 * float(np.max(size, initial=0)))
    wave, factor, slopes = (xp.cospi(x), -xp.sinpi(x), -xp.cospi(x), xp.sinpi(x)), 0 * xp.pi + 1, []
    for k in range(last + 1):
        slopes.append(wave[k % 4] * factor / (k + 1))
        factor = factor * xp.pi / (k + 1)
    below = 0 * x + xp.left_out(2 * math.exp((last + 1) * math.log(math.pi) - math.lgamma(last + 2)))
    backward = []
    for k in range(last, -1, -1):
        below = slopes[k] - x * below
        if k <= order:
            backward.append(below)
    divisor = xp.where(x == 0, 1 + 0 * x, x)
    result = [sinc(xp, x)]
    forward = result[0]
    for k, from_above in enumerate(backward[-2::-1], start=1):
        forward = (slopes[k - 1] - forward) / divisor
        result.append(xp.where(k <= math.pi * size, forward, from_above))
    return result


def log_quotient(xp, x):
    """log(x)/(1 - x), and -1 at 1."""
    one = x == 1
    return xp.where(one, 0 * x - 1, xp.log(x) / xp.where(one, 1 + 0 * x, 1 - x))


def integrated(start, slope):
    """Coefficients of the antiderivative with value `start`."""
    return [start] + [c / (k + 1) for k, c in enumerate(slope[:-1])]


def erfcx_coefficients(xp, x, order):
    """The minimal solution of (k+1) c_{k+1} = 2 x c_k + 2 c_{k-1}, from its continued fraction, for Re x > 0.2.

    c_k/c_{k-1} = -r_k with r_k = 2/(2x + (k+1) r_{k+1}) (Gautschi, SIAM Review 9 (1967), section 5). Terms
    until exp(-4 x (√(2N) - √(2k))) is below rounding.
    """
    smallest = max(float(np.min(np.real(x).astype(float))), 0.2)
    terms = int((-math.log(xp.eps) / (2 * smallest) + math.sqrt(2 * order + 2)) ** 2 / 2) + 10
    ratio, ratios = 0 * x, []
    for k in range(terms, 0, -1):
        ratio = 2 / (2 * x + (k + 1) * ratio)
        if k <= order:
            ratios.append(ratio)
    result = [xp.erfcx(x)]
    for ratio in reversed(ratios):
        result.append(-result[-1] * ratio)
    return result


def log_ndtr_coefficients(xp, x, order):
    """log Φ(x) = -x²/2 + log(erfcx(-x/√2)/2), whose terms do not cancel in the lower tail."""
    scale = -1 / xp.sqrt(2 * xp.pi / xp.pi)
    tail = [c * scale**k for k, c in enumerate(erfcx_coefficients(xp, scale * x, order))]
    result = log_series(tail, xp.log_ndtr(x))
    for k, c in ((1, x), (2, (0 * x + 1) / 2)):
        if k <= order:
            result[k] = result[k] - c
    return result


def polygamma_coefficients(xp, n, x, order):
    """ψ⁽ⁿ⁺ᵏ⁾(x)/k! = (-1)ⁿ⁺ᵏ⁺¹ (k+1)_n ζ(n+k+1, x) (times k!/k!), the digamma function itself for n = k = 0."""
    n = int(n)
    signs = [-1 if (n + k) % 2 == 0 else 1 for k in range(order + 1)]
    terms = [
        xp.digamma(x) if n + k == 0 else sign * (xp.poch(k + 1, n) * xp.hurwitz(n + k + 1, x))
        for k, sign in enumerate(signs)
    ]
    return terms


def gammaln_coefficients(xp, x, order):
    """log|Γ|, then ψ, then ζ(k, x) (-1)^k/k."""
    return integrated(xp.gammaln(x), polygamma_coefficients(xp, 0, x, order))


def gamma_coefficients(xp, x, order):
    """exp of the series of log Γ, started at Γ(x)."""
    return exp_series(gammaln_coefficients(xp, x, order), xp.gamma(x))


def zeta_coefficients(xp, s, order):
    """Borwein's alternating sum Σ (-1)^j (1 - d_j/d_n) (j+1)^-s over 1 - 2^(1-s), both expanded in s; it cancels.

    Error (3 + √8)^-n for n terms (P. Borwein, Canadian Math. Soc. Conf. Proc. 27 (2000) 29, algorithm 2); n follows the
    precision, and the sum is used with more digits only.
    """
    if not xp.real(s) > -2000:  # far left of what the sum, or the function, stays within numbers for
        return [s * math.nan] * (order + 1)
    n = int(-math.log2(xp.eps) / 2) + int(max(-xp.real(s), 0)) + int(min(abs(xp.imag(s)), 10000)) + order
    weights: list[int] = []
    term = 1  # d_j = n Σ_{i≤j} (n+i-1)! 4^i/((n-i)! (2i)!), integers
    for i in range(n + 1):
        weights.append(weights[-1] + term if weights else term)
        term = term * (n + i) * 4 * (n - i) // ((2 * i + 1) * (2 * i + 2))
    logs = [xp.log(xp.pi / xp.pi * (j + 1)) for j in range(n)]
    powers = [xp.exp(-s * log) * (weights[n] - weights[j]) * (-1) ** j / weights[n] for j, log in enumerate(logs)]
    total = []
    for k in range(order + 1):
        total.append(sum(powers))
        powers = [-p * log / (k + 1) for p, log in zip(powers, logs, strict=True)]
    divisor, two = [], xp.exp((1 - s) * logs[1])
    for k in range(order + 1):
        divisor.append((1 if k == 0 else 0) - two)
        two = -two * logs[1] / (k + 1)
    quotient: list = []
    for k in range(order + 1):
        quotient.append((total[k] - sum(divisor[k - j] * quotient[j] for j in range(k))) / divisor[0])
    return quotient


def hurwitz_coefficients(xp, s, q, order):
    """d^k/dq^k ζ(s, q)/k! = (-1)^k (s)_k/k! ζ(s+k, q)."""
    return [(-1) ** k * (xp.poch(s, k) / xp.factorial(k)) * xp.hurwitz(s + k, q) for k in range(order + 1)]


def cylinder_coefficients(name, sign):
    """Of an entire Bessel function: C_v⁽ᵏ⁾ = 2⁻ᵏ Σ_j signʲ binom(k, j) C_{v-k+2j} (DLMF 10.6.7, 10.29.5)."""

    def coefficients(xp, v, x, order):
        cylinder = getattr(xp, name)
        neighbours = {i: cylinder(v + i, x) for i in range(-order, order + 1)}
        return [
            sum(sign**j * xp.binom(k, j) / 2**k * neighbours[2 * j - k] for j in range(k + 1)) / xp.factorial(k)
            for k in range(order + 1)
        ]

    return coefficients
