// Parcels: Rust's kinds of values, to look at by name: enums with data, Option, &str, slices.
// Compiled without optimisation, so that every variable is there all the time.

#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

pub mod depot {
    #[derive(Clone, Copy, PartialEq)]
    pub enum Size {
        Small,
        Large = 9,
    }

    pub enum Route {
        Pickup,
        Street { house: u32, name: &'static str },
        Locker(u16, char),
    }

    pub struct Parcel<'a> {
        pub number: u64,
        pub size: Size,
        pub route: Route,
        pub weight: f32,
        pub next: Option<&'a Parcel<'a>>,
        pub paid: bool,
    }

    impl<'a> Parcel<'a> {
        #[inline(never)]
        pub fn cost(&self, rates: &[i32]) -> i32 {
            let base = super::at(rates, if self.size == Size::Large { 1 } else { 0 });
            let extra = match self.route {
                Route::Pickup => 0,
                Route::Street { house, .. } => house as i32,
                Route::Locker(number, _) => -(number as i32),
            };
            base + extra
        }
    }
}

use depot::{Parcel, Route, Size};

/// Without a check, whose message would bring in half of the library.
fn at<T: Copy>(values: &[T], index: usize) -> T {
    unsafe { *values.as_ptr().add(index) }
}

#[inline(never)]
fn largest<T: PartialOrd + Copy>(values: &[T]) -> T {
    let mut best = at(values, 0);
    let mut index = 1;
    while index < values.len() {
        if at(values, index) > best {
            best = at(values, index);
        }
        index += 1;
    }
    best
}

#[no_mangle]
pub extern "C" fn run(count: u32) -> i32 {
    let rates = [250, 900];
    let pair = (count, 'x');
    let pickup = Parcel { number: 7, size: Size::Small, route: Route::Pickup, weight: 1.0,
                          next: None, paid: true };
    let last = Parcel { number: 3, size: Size::Small, route: Route::Locker(17, 'é'), weight: 0.5,
                        next: Some(&pickup), paid: false };
    let first = Parcel { number: 1 << 40, size: Size::Large,
                         route: Route::Street { house: 12, name: "Elm Street" }, weight: 2.25,
                         next: Some(&last), paid: true };
    let mut costs = [0; 3];
    let mut round = 0;
    while round < pair.0 {
        let mut slot = costs.as_mut_ptr();
        let mut parcel = Some(&first);
        while let Some(here) = parcel {
            unsafe {
                *slot = here.cost(&rates);
                slot = slot.add(1);
            }
            parcel = here.next;
        }
        round += 1;
    }
    largest(&costs)
}
