//! Code compiled twice: for every CPU of the architecture, and for those with
//! AVX2. Both copies do the same operations in the same order; only their number at
//! a time differs, so the results are the same to the bit.

/// Whether the wide copies may run, asked once. `FORESZ_PORTABLE=1` in the
/// environment switches them off, to show that they change nothing but speed.
#[cfg(target_arch = "x86_64")]
#[doc(hidden)]
pub fn has_avx2() -> bool {
    static ANSWER: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ANSWER.get_or_init(|| {
        std::env::var_os("FORESZ_PORTABLE").is_none_or(|v| v != "1")
            && std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
    })
}

/// Defines functions whose bodies run in the widest form the CPU supports.
#[doc(hidden)]
#[macro_export]
macro_rules! widest {
    ($($(#[$meta:meta])* fn $name:ident<$($g:ident: $bound:path),*>($($arg:ident: $ty:ty),* $(,)?) $(-> $out:ty)? $body:block)*) => {$(
        $(#[$meta])*
        pub(crate) fn $name<$($g: $bound),*>($($arg: $ty),*) $(-> $out)? {
            #[inline(always)]
            fn body<$($g: $bound),*>($($arg: $ty),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,bmi1,bmi2")]
                fn wide<$($g: $bound),*>($($arg: $ty),*) $(-> $out)? {
                    body::<$($g),*>($($arg),*)
                }
                if $crate::cpu::has_avx2() {
                    #[expect(unsafe_code, reason = "calling code compiled for AVX2")]
                    // SAFETY: the CPU has just been found to have AVX2, BMI1 and BMI2.
                    return unsafe { wide::<$($g),*>($($arg),*) };
                }
            }
            body::<$($g),*>($($arg),*)
        }
    )*};
}
