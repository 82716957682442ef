// Gives back what it gets, or, with the feature `pass`, what the one that it imports says to it. Without the standard
// library, which would want a system.
#![no_std]
extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;

// Memory is taken and never given back: the guest lives as long as a few calls.
struct Pages(Cell<usize>);
unsafe impl Sync for Pages {}
unsafe impl GlobalAlloc for Pages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.0.get() == 0 {
            self.0.set(core::arch::wasm32::memory_size(0) << 16);
        }
        let at = (self.0.get() + layout.align() - 1) & !(layout.align() - 1);
        self.0.set(at + layout.size());
        let missing = self.0.get().saturating_sub(core::arch::wasm32::memory_size(0) << 16);
        core::arch::wasm32::memory_grow(0, (missing + 0xFFFF) >> 16);
        at as *mut u8
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
#[global_allocator]
static PAGES: Pages = Pages(Cell::new(0));

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(feature = "pass")]
#[path = "pass.rs"]
mod guest;
#[cfg(not(feature = "pass"))]
#[path = "echo.rs"]
mod guest;
