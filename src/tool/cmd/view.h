/* The screen of `leakwatch watch`, by ncurses. */
#pragma once

#include "tool/known/tracks.h"

struct view {
    const char *title;  /* the program and its number */
    const char *status; /* why there is nothing newer; NULL: there is */
    const char *note;   /* what the last key did; NULL: nothing to tell */
    size_t selected;    /* index of a track */
    size_t top;         /* first line shown of the list */
    bool paused, help;
};

enum view_wish { VIEW_NOTHING, VIEW_QUIT, VIEW_SAVE };

/* False if this terminal cannot be used. */
bool view_begin(void);
void view_end(void);
void view_draw(struct view *view, const struct tracks *tracks);
/* Waits so long for a key and does what it is for. */
enum view_wish view_key(struct view *view, struct tracks *tracks, int milliseconds);
