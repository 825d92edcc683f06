//! Code compiled several times: for every CPU of the architecture, for those with
//! AVX2 and for those with AVX-512. All copies do the same operations in the same
//! order; only their number at a time differs, so the results are the same to the bit.

/// How wide the copies may be that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Width {
    Portable,
    Avx2,
    Avx512,
}

/// The width of this CPU, asked once. `FORESZ_PORTABLE=1` in the environment switches
/// the wide copies off and `FORESZ_PORTABLE=avx2` the widest, to show that they change
/// nothing but speed.
pub(crate) fn width() -> Width {
    static ANSWER: std::sync::OnceLock<Width> = std::sync::OnceLock::new();
    *ANSWER.get_or_init(|| {
        let most = match std::env::var_os("FORESZ_PORTABLE") {
            Some(v) if v == "1" => Width::Portable,
            Some(v) if v == "avx2" => Width::Avx2,
            _ => Width::Avx512,
        };
        most.min(detected())
    })
}

#[cfg(target_arch = "x86_64")]
fn detected() -> Width {
    use std::arch::is_x86_feature_detected as has;
    let narrow = has!("avx2") && has!("bmi1") && has!("bmi2");
    let wide = has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw");
    match (narrow, wide) {
        (true, true) => Width::Avx512,
        (true, false) => Width::Avx2,
        _ => Width::Portable,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detected() -> Width {
    Width::Portable
}

/// Defines functions whose bodies run in the widest form the CPU supports, or in one
/// of at most the width named. Generic parameters stand in brackets, then their names.
macro_rules! widest {
    ($(
        $(#[$meta:meta])*
        $vis:vis fn $name:ident [$($params:tt)*] [$($names:tt)*] ($($arg:ident: $ty:ty),* $(,)?)
            $(-> $out:ty)? $body:block
    )*) => {$(
        $(#[$meta])*
        $vis fn $name<$($params)*>($($arg: $ty),*) $(-> $out)? {
            #[inline(always)]
            fn body<$($params)*>($($arg: $ty),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,bmi1,bmi2")]
                fn wider<$($params)*>($($arg: $ty),*) $(-> $out)? {
                    body::<$($names)*>($($arg),*)
                }
                if $crate::cpu::width() == $crate::cpu::Width::Avx512 {
                    #[expect(unsafe_code, reason = "calling code compiled for AVX-512")]
                    // SAFETY: the CPU has just been found to have these features.
                    return unsafe { wider::<$($names)*>($($arg),*) };
                }
            }
            $crate::cpu::wide!(body [$($params)*] [$($names)*] ($($arg: $ty),*) $(-> $out)?)
        }
    )*};
}
pub(crate) use widest;

/// Calls `body` as compiled for AVX2 where the CPU has it.
macro_rules! wide {
    ($body:ident [$($params:tt)*] [$($names:tt)*] ($($arg:ident: $ty:ty),*) $(-> $out:ty)?) => {{
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2,bmi1,bmi2")]
            fn wide<$($params)*>($($arg: $ty),*) $(-> $out)? {
                $body::<$($names)*>($($arg),*)
            }
            if $crate::cpu::width() >= $crate::cpu::Width::Avx2 {
                #[expect(unsafe_code, reason = "calling code compiled for AVX2")]
                // SAFETY: the CPU has just been found to have these features.
                return unsafe { wide::<$($names)*>($($arg),*) };
            }
        }
        $body::<$($names)*>($($arg),*)
    }};
}
pub(crate) use wide;
