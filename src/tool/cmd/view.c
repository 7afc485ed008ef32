#include "view.h"

#include <locale.h>
#include <ncurses.h>
#include <string.h>

#include "tool/span.h"

enum { PAIR_BAD = 1, PAIR_DOUBTFUL, PAIR_FINE };

/* Not initscr, which ends the process where a terminal is not known. */
static SCREEN *screen;

bool view_begin(void) {
    setlocale(LC_CTYPE, "");
    screen = newterm(NULL, stdout, stdin);
    if (!screen)
        return false;
    set_term(screen);
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    set_escdelay(25);
    if (has_colors()) {
        start_color();
        use_default_colors();
        init_pair(PAIR_BAD, COLOR_RED, -1);
        init_pair(PAIR_DOUBTFUL, COLOR_YELLOW, -1);
        init_pair(PAIR_FINE, COLOR_GREEN, -1);
    }
    return true;
}

void view_end(void) {
    endwin();
    delscreen(screen);
    screen = NULL;
}

static size_t lines_in(const char *words) {
    size_t count = 0;
    for (; *words; words++)
        count += *words == '\n';
    return count;
}

static size_t lines_of(const struct track *track) {
    return 1 + (track->open ? lines_in(track->site.stack) : 0);
}

/* The line that the selected track begins in. */
static size_t line_of_selected(const struct view *view, const struct tracks *tracks) {
    size_t line = 0;
    for (size_t i = 0; i < view->selected && i < tracks->count; i++)
        line += lines_of(&tracks->list[i]);
    return line;
}

static attr_t look_of(const struct track *track, long grew) {
    if (track->site.verdict >= VERDICT_STRANDED)
        return COLOR_PAIR(PAIR_BAD) | A_BOLD;
    if (grew > 0)
        return COLOR_PAIR(PAIR_DOUBTFUL);
    return track->site.count == 0 ? A_DIM : A_NORMAL;
}

static void draw_track(int row, const struct tracks *tracks, const struct track *track, bool selected) {
    char span[SPAN_ROOM];
    long grew = (long)track->site.count - (long)track->first;
    attr_t look = look_of(track, grew) | (selected ? A_REVERSE : 0);
    attron(look);
    mvprintw(row, 0, "%c%7zu %+8ld %9.1f %8s  %-18.18s ", track->open ? '-' : '+', track->site.count, grew,
             tracks_rate(tracks, track->first, track->site.count),
             track->site.longest ? span_words(track->site.longest, span) : "-", track->site.kind);
    const char *remark = site_remark(&track->site);
    int room = COLS > 57 ? COLS - 57 : 0, taken = (int)strlen(remark);
    addnstr(remark, room);
    addnstr(track->site.place, room > taken ? room - taken : 0);
    attroff(look);
}

static void draw_stack(const char *stack, int row, long skip, int rows) {
    for (const char *line = stack; *line;) {
        int length = (int)strcspn(line, "\n");
        if (skip-- <= 0 && row < rows)
            mvaddnstr(row++, 4, line, length < COLS - 4 ? length : COLS - 4);
        line += length + (line[length] == '\n');
    }
}

static void draw_help(void) {
    static const char *const lines[] = {
        "up, down, j, k   select a group          enter, space  its stack",
        "g  sort by growth    c  by threads       a  by longest wait    n  by name",
        "s  save a report     z  count growth from now on",
        "p  pause             q  quit             ?  this"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        mvaddnstr(LINES - (int)(sizeof lines / sizeof *lines) - 1 + (int)i, 0, lines[i], COLS);
}

void view_draw(struct view *view, const struct tracks *tracks) {
    static const char *const orders[] = {"growth", "threads", "longest wait", "name"};
    enum { HEAD = 3, FOOT = 1 };
    char span[SPAN_ROOM];
    erase();
    attron(A_BOLD);
    mvaddnstr(0, 0, view->title, COLS);
    attroff(A_BOLD);
    mvprintw(1, 0, "%zu threads, %+ld in %s, %.1f a minute; by %s%s", tracks->threads,
             (long)tracks->threads - (long)tracks->threads_first,
             span_words((uint64_t)((tracks->now - tracks->began) * 1e9), span),
             tracks_rate(tracks, tracks->threads_first, tracks->threads), orders[tracks->order],
             view->paused ? "; paused" : "");
    attron(A_UNDERLINE);
    mvprintw(2, 0, " %7s %8s %9s %8s  %-18s %s", "THREADS", "GREW", "A MINUTE", "LONGEST", "WAIT", "PLACE");
    attroff(A_UNDERLINE);
    int rows = LINES - FOOT - (view->help ? 4 : 0);
    size_t room = rows > HEAD ? (size_t)(rows - HEAD) : 1, line = line_of_selected(view, tracks);
    if (line < view->top)
        view->top = line;
    else if (line >= view->top + room)
        view->top = line - room + 1;
    long row = HEAD - (long)view->top;
    for (size_t i = 0; i < tracks->count && row < rows; i++) {
        const struct track *track = &tracks->list[i];
        if (row >= HEAD)
            draw_track((int)row, tracks, track, i == view->selected);
        row++;
        if (track->open) {
            draw_stack(track->site.stack, row < HEAD ? HEAD : (int)row, row < HEAD ? HEAD - row : 0, rows);
            row += (long)lines_in(track->site.stack);
        }
    }
    if (view->help)
        draw_help();
    attron(A_REVERSE);
    mvprintw(LINES - 1, 0, "%-*.*s", COLS, COLS,
             view->status ? view->status
             : view->note ? view->note
                          : " q quit  enter stack  g c a n sort  s save  p pause  ? help");
    attroff(A_REVERSE);
    refresh();
}

static void move_by(struct view *view, const struct tracks *tracks, long by) {
    long at = (long)view->selected + by, last = (long)tracks->count - 1;
    view->selected = (size_t)(at < 0 ? 0 : at > last ? (last < 0 ? 0 : last) : at);
}

static void move_by_key(struct view *view, const struct tracks *tracks, int key) {
    enum { PAGE = 10 };
    switch (key) {
    case KEY_UP:
    case 'k':
        move_by(view, tracks, -1);
        break;
    case KEY_DOWN:
    case 'j':
        move_by(view, tracks, 1);
        break;
    case KEY_PPAGE:
        move_by(view, tracks, -PAGE);
        break;
    case KEY_NPAGE:
        move_by(view, tracks, PAGE);
        break;
    case KEY_HOME:
        view->selected = 0;
        break;
    case '\n':
    case '\r':
    case KEY_ENTER:
    case ' ':
        if (view->selected < tracks->count)
            tracks->list[view->selected].open ^= true;
        break;
    }
}

static void sort_by_key(struct tracks *tracks, int key) {
    switch (key) {
    case 'g':
        tracks_sort(tracks, ORDER_GROWTH);
        break;
    case 'c':
        tracks_sort(tracks, ORDER_COUNT);
        break;
    case 'a':
        tracks_sort(tracks, ORDER_AGE);
        break;
    case 'n':
        tracks_sort(tracks, ORDER_PLACE);
        break;
    }
}

enum view_wish view_key(struct view *view, struct tracks *tracks, int milliseconds) {
    timeout(milliseconds);
    int key = getch();
    if (key != ERR)
        view->note = NULL;
    switch (key) {
    case 'q':
        return VIEW_QUIT;
    case 's':
        return VIEW_SAVE;
    case 'z':
        tracks_restart(tracks);
        view->note = " growth is counted from now on";
        break;
    case 'p':
        view->paused = !view->paused;
        break;
    case '?':
        view->help = !view->help;
        break;
    default:
        move_by_key(view, tracks, key);
        sort_by_key(tracks, key);
    }
    return VIEW_NOTHING;
}
