//! Functions of numbers, written out so that the compiler can take four or eight at once and every platform
//! gets the same result. Knows no model.

/// Divides by the Euclidean length; the zero vector stays what it is.
pub(crate) fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    if length > 0.0 {
        for x in vector {
            *x = (f64::from(*x) / length) as f32;
        }
    }
}

// All of these work on whole slices: a call per number, through a pointer, cannot be made parallel.

/// e^x to six or seven digits: 2 to the whole part by exponent bits, the rest by a polynomial (Cephes).
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23: adding and taking it off rounds to a whole number
    let x = x.clamp(-87.0, 88.0);
    let whole = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = x - whole * 0.693_359_4 - whole * -2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let power = f32::from_bits((((whole as i32) + 127) << 23) as u32);
    (p * r * r + r + 1.0) * power
}

/// The error function to seven digits, as a quotient of polynomials (the one Eigen uses).
fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let s = x * x;
    let above = -2.726_142e-10;
    let above = above * s + 2.770_681_4e-8;
    let above = above * s + -2.101_024e-6;
    let above = above * s + -5.692_506_4e-5;
    let above = above * s + -7.349_906_3e-4;
    let above = above * s + -2.954_6e-3;
    let above = above * s + -1.609_603_3e-2;
    let below = -1.456_607_2e-5;
    let below = below * s + -2.133_740_6e-4;
    let below = below * s + -1.682_827e-3;
    let below = below * s + -7.373_329_2e-3;
    let below = below * s + -1.426_473_9e-2;
    x * above / below
}

/// [`gelu_one`] of each number.
pub(crate) fn gelu(numbers: &mut [f32]) {
    numbers.iter_mut().for_each(|x| *x = gelu_one(*x));
}

/// [`gelu_tanh_one`] of each number.
pub(crate) fn gelu_tanh(numbers: &mut [f32]) {
    numbers.iter_mut().for_each(|x| *x = gelu_tanh_one(*x));
}

/// Zero for what is below zero.
pub(crate) fn relu(numbers: &mut [f32]) {
    numbers.iter_mut().for_each(|x| *x = x.max(0.0));
}

/// The Gaussian error linear unit, as BERT defines it.
fn gelu_one(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The same by a hyperbolic tangent, as some later models were trained.
fn gelu_tanh_one(x: f32) -> f32 {
    let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
    let e = exp(2.0 * inner.clamp(-15.0, 15.0));
    0.5 * x * (1.0 + (e - 1.0) / (e + 1.0))
}

/// Turns scores into shares that sum to one.
pub(crate) fn softmax(row: &mut [f32]) {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in row.iter_mut() {
        *x = exp(*x - top);
    }
    let sum: f32 = row.iter().sum();
    for x in row {
        *x /= sum;
    }
}

/// Half precision (IEEE 754 binary16) to single.
pub(crate) fn from_f16(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits) & 0x3ff;
    let magnitude = match exponent {
        0 => fraction as f32 / 16_777_216.0,
        31 => f32::from_bits(0x7f80_0000 | (fraction << 13)),
        _ => f32::from_bits(((exponent + 112) << 23) | (fraction << 13)),
    };
    f32::from_bits(sign | magnitude.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taylor series in double precision.
    fn erf_slowly(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn the_error_function_is_right_to_six_digits() {
        for step in -400..=400 {
            let x = step as f32 / 100.0;
            assert!((f64::from(erf(x)) - erf_slowly(f64::from(x))).abs() < 1e-6, "{x}");
        }
        assert!((erf(30.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_exponential_is_right_to_six_digits() {
        for step in -8600..=8700 {
            let x = step as f32 / 100.0;
            let right = f64::from(x).exp();
            assert!((f64::from(exp(x)) - right).abs() / right < 1e-6, "{x}: {} {right}", exp(x));
        }
        assert!(exp(-1e9) < 1e-37);
    }

    #[test]
    fn both_forms_of_the_unit_agree_to_three_digits() {
        for step in -600..=600 {
            let x = step as f32 / 100.0;
            assert!((gelu_one(x) - gelu_tanh_one(x)).abs() < 1e-3, "{x}");
        }
    }

    #[test]
    fn half_precision_is_read_exactly() {
        for (bits, number) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x7bff, 65504.0),
            (0, 0.0),
        ] {
            assert_eq!(from_f16(bits), number);
        }
        assert_eq!(from_f16(0x7c00), f32::INFINITY);
        assert!(from_f16(0x7e00).is_nan());
    }

    #[test]
    fn the_zero_vector_stays_zero() {
        let mut vector = [0.0, 0.0];
        normalise(&mut vector);
        assert_eq!(vector, [0.0, 0.0]);
    }
}
