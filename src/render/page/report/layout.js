/* Where the boxes and arrows of a piece of the wait-for graph go (wait_graph.js), in the width that there is:
 *   loop    a cycle clockwise along a rectangle; who waits for its members above and below
 *   tree    who waits to the left of the one that is waited for
 *   ladder  one below the other, for narrow windows and for what fits in no other way
 * Each gives {width, height, box: {width, height}, spots: Map of id to {x, y}, routes: [{edge, path}]}. */
const layout = (() => {
  const BOX = {width: 204, height: 68}, GAP = {x: 30, y: 44}, MARGIN = 4, LOOP_OUT = 34;

  const rootsOf = (piece) => {
    const waiting = new Set(piece.edges.filter((edge) => edge.from !== edge.to).map((edge) => edge.from));
    const roots = [...piece.nodes.keys()].filter((id) => !waiting.has(id));
    return roots.length ? roots : [piece.nodes.keys().next().value];
  };
  const waitersOf = (piece) => {
    const waiters = new Map();
    const placed = new Set(piece.ring.length ? piece.ring : rootsOf(piece));
    for (const edge of piece.edges) {
      if (placed.has(edge.from)) continue;
      placed.add(edge.from);
      waiters.set(edge.to, [...(waiters.get(edge.to) || []), edge.from]);
    }
    return waiters;
  };
  const leavesOf = (waiters, id) => Math.max(1, (waiters.get(id) || []).reduce((sum, one) => sum + leavesOf(waiters, one), 0));
  const depthOf = (waiters, id) => (waiters.get(id) || []).reduce((most, one) => Math.max(most, 1 + depthOf(waiters, one)), 0);

  /* The point where the line from one box's middle to another's leaves the first. */
  const border = (from, to, room) => {
    const dx = to.x - from.x, dy = to.y - from.y;
    const part = Math.min((BOX.width / 2 + room) / (Math.abs(dx) || 1e-9), (BOX.height / 2 + room) / (Math.abs(dy) || 1e-9));
    return {x: from.x + dx * part, y: from.y + dy * part};
  };
  const passesThrough = (from, to, spots, except) => {
    for (const [id, spot] of spots) {
      if (except.includes(id)) continue;
      for (let part = 0.1; part < 1; part += 0.1) {
        const x = from.x + (to.x - from.x) * part, y = from.y + (to.y - from.y) * part;
        if (Math.abs(x - spot.x) < BOX.width / 2 + 4 && Math.abs(y - spot.y) < BOX.height / 2 + 4) return true;
      }
    }
    return false;
  };
  const straight = (edge, piece, spots) => {
    const from = spots.get(edge.from), to = spots.get(edge.to);
    if (edge.from === edge.to) {
      const x = from.x + BOX.width / 2;
      return `M${x} ${from.y - 16}h${LOOP_OUT - 10}q8 0 8 8v16q0 8 -8 8H${x + 3}`;
    }
    const back = piece.edges.some((other) => other.from === edge.to && other.to === edge.from);
    const length = Math.hypot(to.x - from.x, to.y - from.y), aside = back ? 13 : 0;
    const shift = {x: -(to.y - from.y) / length * aside, y: (to.x - from.x) / length * aside};
    const start = border(from, to, 0), end = border(to, from, 3);
    if (!back && passesThrough(from, to, spots, [edge.from, edge.to])) {
      const bend = 90, mx = (start.x + end.x) / 2 - (to.y - from.y) / length * bend, my = (start.y + end.y) / 2 + (to.x - from.x) / length * bend;
      return `M${start.x} ${start.y}Q${mx} ${my} ${end.x} ${end.y}`;
    }
    return `M${start.x - shift.x} ${start.y - shift.y}L${end.x - shift.x} ${end.y - shift.y}`;
  };

  /* From middles to a picture that begins at 0, 0. */
  const finish = (piece, spots) => {
    const xs = [...spots.values()].map((spot) => spot.x), ys = [...spots.values()].map((spot) => spot.y);
    const left = Math.min(...xs) - BOX.width / 2 - MARGIN, top = Math.min(...ys) - BOX.height / 2 - MARGIN;
    for (const spot of spots.values()) { spot.x -= left; spot.y -= top; }
    const own = piece.edges.some((edge) => edge.from === edge.to) ? LOOP_OUT : 0;
    return {
      width: Math.max(...xs) - left + BOX.width / 2 + MARGIN + own, height: Math.max(...ys) - top + BOX.height / 2 + MARGIN, box: BOX,
      routes: piece.edges.map((edge) => ({edge, path: straight(edge, piece, spots)})),
      spots: new Map([...spots].map(([id, spot]) => [id, {x: spot.x - BOX.width / 2, y: spot.y - BOX.height / 2}])),
    };
  };

  /* How many of a cycle stand between the first row, which is full, and the last, which holds the rest: one at each end of a row. */
  const rowsOf = (count, columns) => {
    let rest = count - columns, between = 0;
    while (rest > columns) { rest -= 2; between++; }
    return {between, last: rest};
  };
  const loopOf = (piece, columns, most) => {
    const pitch = BOX.width + GAP.x, rise = BOX.height + GAP.y;
    const {between, last} = rowsOf(piece.ring.length, columns);
    const waiters = waitersOf(piece), ring = piece.ring;
    const first = ring.slice(0, columns), right = ring.slice(columns, columns + between);
    const bottom = ring.slice(columns + between, columns + between + last).reverse(), left = ring.slice(columns + between + last).reverse();
    if ([...right, ...left].some((id) => waiters.has(id))) return null;
    const slots = (ids) => ids.reduce((sum, id) => sum + leavesOf(waiters, id), 0);
    const across = Math.max(slots(first), slots(bottom));
    if (across > most) return null;
    const spots = new Map();
    const hang = (id, x, y, up) => {
      spots.set(id, {x, y});
      let at = x - leavesOf(waiters, id) * pitch / 2;
      for (const one of waiters.get(id) || []) {
        const room = leavesOf(waiters, one) * pitch;
        hang(one, at + room / 2, y + up * rise, up);
        at += room;
      }
    };
    const row = (ids, y, up) => {
      let at = (across - slots(ids)) * pitch / 2;
      for (const id of ids) {
        const room = leavesOf(waiters, id) * pitch;
        hang(id, at + room / 2, y, up);
        at += room;
      }
    };
    row(first, 0, -1);
    const ends = [spots.get(first[0]).x, spots.get(first[first.length - 1]).x];
    right.forEach((id, i) => spots.set(id, {x: ends[1], y: (i + 1) * rise}));
    left.forEach((id, i) => spots.set(id, {x: ends[0], y: (i + 1) * rise}));
    row(bottom, (between + 1) * rise, 1);
    return finish(piece, spots);
  };
  const loop = (piece, width) => {
    const own = piece.edges.some((edge) => edge.from === edge.to) ? LOOP_OUT : 0, count = piece.ring.length;
    const most = Math.floor((width - own - 2 * MARGIN + GAP.x) / (BOX.width + GAP.x));
    const least = Math.min(2, count);
    for (let columns = Math.min(most, count <= 2 ? count : count <= 4 ? 2 : count <= 8 ? 3 : 4); columns >= least; columns--) {
      const placed = loopOf(piece, columns, most);
      if (placed) return placed;
    }
    return null;
  };

  const tree = (piece, width) => {
    const pitch = BOX.width + GAP.x + 6, rise = BOX.height + 14, waiters = waitersOf(piece), roots = rootsOf(piece);
    const deepest = Math.max(...roots.map((id) => depthOf(waiters, id)));
    if (deepest * pitch + BOX.width + 2 * MARGIN > width) return null;
    const spots = new Map();
    let next = 0;
    const put = (id, depth) => {
      if (spots.has(id)) return;
      const spot = {x: -depth * pitch, y: 0}, begin = next;
      spots.set(id, spot);
      for (const one of waiters.get(id) || []) put(one, depth + 1);
      if (next === begin) next++;
      spot.y = (begin + next - 1) / 2 * rise;
    };
    roots.forEach((id) => put(id, 0));
    return spots.size === piece.nodes.size ? finish(piece, spots) : null;
  };

  /* An outline: who waits for a thread stands below it, further in. */
  const ladder = (piece, width) => {
    const INDENT = 34, TRACK = 14, waiters = waitersOf(piece), spots = new Map();
    const start = piece.ring.length ? MARGIN + 20 : MARGIN;
    const ids = piece.ring.length ? piece.ring : rootsOf(piece);
    let y = MARGIN, deepest = 0;
    const put = (id, depth) => {
      if (spots.has(id)) return;
      spots.set(id, {x: start + depth * INDENT, y});
      deepest = Math.max(deepest, depth);
      y += BOX.height + 14;
      for (const one of waiters.get(id) || []) put(one, depth + 1);
    };
    for (const id of ids) { put(id, 0); y += 14; }
    for (const id of piece.nodes.keys()) put(id, 0);
    const indents = start + deepest * INDENT;
    const box = {width: Math.min(BOX.width + 60, Math.max(120, width - indents - MARGIN - TRACK)), height: BOX.height};
    const right = indents + box.width;
    const path = ({from, to}) => {
      const a = spots.get(from), b = spots.get(to), place = piece.ring.indexOf(from), middle = box.height / 2;
      if (place >= 0 && piece.ring[place + 1] === to) return `M${a.x + TRACK} ${a.y + box.height}V${b.y - 3}`;
      if (place >= 0 && place === piece.ring.length - 1 && piece.ring[0] === to) {
        const down = from === to ? 12 : 0;
        return `M${a.x} ${a.y + middle + down}H${a.x - 12}q-6 0 -6 -6V${b.y + middle - down + 6}q0 -6 6 -6H${b.x - 3}`;
      }
      if (waiters.get(to) && waiters.get(to).includes(from)) return `M${a.x} ${a.y + middle}h-2q-6 0 -6 -6V${b.y + box.height + 3}`;
      return `M${a.x + box.width} ${a.y + middle}H${right + 6}V${b.y + middle}H${b.x + box.width + 3}`;
    };
    return {width: right + TRACK, height: y - 28 + MARGIN + 14, box, spots, routes: piece.edges.map((edge) => ({edge, path: path(edge)}))};
  };

  /* The first that fits. */
  const place = (piece, width) => (piece.ring.length ? loop(piece, width) : tree(piece, width)) || ladder(piece, width);

  return {place};
})();
