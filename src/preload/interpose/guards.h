/* Who initialises what is static in a function of C++. */
#pragma once

/* Finds the C++ runtime's functions, or takes ours out of the loader's sight. From the constructor, before any other code runs. */
void guards_setup(void);
