//! Lengths: millimetres of a page, points of type. Two types, so that one never stands where the other is meant.
//!
//! They show themselves as the bare number: whoever writes a sentence puts the unit behind it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// 1 pt in mm.
const MM_PER_PT: f64 = 25.4 / 72.0;

/// Lengths of one unit: added to one another, multiplied by numbers, divided into a share.
macro_rules! length {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Deserialize, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl $name {
            /// No length.
            pub const ZERO: Self = Self(0.0);
            /// Longer than anything.
            pub const INFINITY: Self = Self(f64::INFINITY);

            /// The shorter of two.
            #[inline]
            #[must_use]
            pub const fn min(self, other: Self) -> Self {
                Self(self.0.min(other.0))
            }

            /// The longer of two.
            #[inline]
            #[must_use]
            pub const fn max(self, other: Self) -> Self {
                Self(self.0.max(other.0))
            }

            /// Without its sign.
            #[inline]
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.abs())
            }

            /// True when the two differ by `most` at most.
            #[inline]
            #[must_use]
            pub fn near(self, other: Self, most: Self) -> bool {
                (self - other).abs() <= most
            }
        }

        impl Add for $name {
            type Output = Self;
            #[inline]
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl Sub for $name {
            type Output = Self;
            #[inline]
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl SubAssign for $name {
            #[inline]
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }

        impl Neg for $name {
            type Output = Self;
            #[inline]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Mul<f64> for $name {
            type Output = Self;
            #[inline]
            fn mul(self, times: f64) -> Self {
                Self(self.0 * times)
            }
        }

        impl Mul<$name> for f64 {
            type Output = $name;
            #[inline]
            fn mul(self, length: $name) -> $name {
                $name(self * length.0)
            }
        }

        impl Div<f64> for $name {
            type Output = Self;
            #[inline]
            fn div(self, parts: f64) -> Self {
                Self(self.0 / parts)
            }
        }

        /// How many times the other length.
        impl Div for $name {
            type Output = f64;
            #[inline]
            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }

        impl Sum for $name {
            #[inline]
            fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
                Self(lengths.map(|length| length.0).sum())
            }
        }

        impl<'a> Sum<&'a $name> for $name {
            #[inline]
            fn sum<I: Iterator<Item = &'a Self>>(lengths: I) -> Self {
                lengths.copied().sum()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

length! {
    /// A length in millimetres.
    Mm
}

length! {
    /// A length in points: the size of type.
    Pt
}

impl Mm {
    /// The same length in points.
    #[inline]
    #[must_use]
    pub const fn pt(self) -> Pt {
        Pt(self.0 / MM_PER_PT)
    }

    /// The middle between two lengths.
    #[inline]
    #[must_use]
    pub const fn midpoint(self, other: Self) -> Self {
        Self(f64::midpoint(self.0, other.0))
    }
}

impl Pt {
    /// The same length in millimetres.
    #[inline]
    #[must_use]
    pub const fn mm(self) -> Mm {
        Mm(self.0 * MM_PER_PT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inch_is_the_same_in_both() {
        assert!(Pt(72.0).mm().near(Mm(25.4), Mm(1e-12)) && Mm(25.4).pt().near(Pt(72.0), Pt(1e-12)));
    }

    #[test]
    fn lengths_count_as_their_numbers_do() {
        let lengths = [Mm(0.1), Mm(0.2), Mm(0.3)];
        let bits = |length: Mm| length.0.to_bits();
        assert_eq!(bits(lengths.iter().sum()), [0.1, 0.2, 0.3].iter().sum::<f64>().to_bits());
        assert_eq!(bits(Mm(0.1) + Mm(0.2) * 3.0 - 2.0 * Mm(0.7)), (0.1_f64 + 0.2 * 3.0 - 2.0 * 0.7).to_bits());
        assert_eq!(bits(Pt(10.5).mm() * 1.5), (10.5_f64 * MM_PER_PT * 1.5).to_bits());
        assert_eq!((Mm(3.0) / Mm(2.0)).to_bits(), 1.5_f64.to_bits());
        assert!(Mm(-1.0).abs() == Mm(1.0) && -Mm(1.0) < Mm::ZERO && Mm(1.0).max(Mm(2.0)) == Mm(2.0));
        assert_eq!(Mm(1.0).midpoint(Mm(2.0)), Mm(1.5));
    }

    #[test]
    fn a_setting_is_a_bare_number_and_so_is_what_is_shown() {
        #[derive(Deserialize)]
        struct Setting {
            width_mm: Mm,
        }
        for (text, meant) in [(r#"{"width_mm": 210}"#, "210 210.0"), (r#"{"width_mm": 1.25}"#, "1.25 1.2")] {
            let Setting { width_mm } = serde_json::from_str(text).unwrap();
            assert_eq!(format!("{width_mm} {width_mm:.1}"), meant);
        }
        assert_eq!(serde_json::to_string(&[Mm(1.5), Mm(2.0)]).unwrap(), "[1.5,2.0]");
    }
}
