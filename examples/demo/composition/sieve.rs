// The component that knows primes. It has no bindings generator: a list is given as the canonical ABI says, as an address
// and a length in memory that `cabi_post_...` gets back.
use std::alloc::{alloc, realloc, Layout};

#[repr(C)]
pub struct List {
    at: *mut u32,
    length: usize,
}

static mut RESULT: List = List { at: std::ptr::null_mut(), length: 0 };

fn primes_below(limit: u32) -> Vec<u32> {
    let mut is_composite = vec![false; limit as usize];
    let mut primes = Vec::new();
    for number in 2..limit as usize {
        if is_composite[number] {
            continue;
        }
        primes.push(number as u32);
        for multiple in (number * number..limit as usize).step_by(number) {
            is_composite[multiple] = true;
        }
    }
    primes
}

#[export_name = "demo:primes/sieve#below"]
pub unsafe extern "C" fn below(limit: u32) -> *const List {
    let primes = primes_below(limit.min(60_000)).into_boxed_slice();
    let length = primes.len();
    RESULT = List { at: Box::into_raw(primes) as *mut u32, length };
    std::ptr::addr_of!(RESULT)
}

#[export_name = "cabi_post_demo:primes/sieve#below"]
pub unsafe extern "C" fn free_list(list: *const List) {
    drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut((*list).at, (*list).length)));
}

#[no_mangle]
pub unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, alignment: usize, size: usize) -> *mut u8 {
    if old_size == 0 {
        return alloc(Layout::from_size_align_unchecked(size, alignment));
    }
    realloc(old, Layout::from_size_align_unchecked(old_size, alignment), size)
}
