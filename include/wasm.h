/* The name under which programs written for the standard's C interface ask for it. */
#include "tenon/wasm.h"
