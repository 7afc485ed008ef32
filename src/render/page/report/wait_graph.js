/* Who waits for whom, cut into pieces that can be drawn: one for each deadlock, with the threads that are stuck behind it, and
 * one for each other set of threads that hang together. A piece is {nodes, edges, ring}: ring holds the ids of a cycle in its
 * order, or nothing; members, what may not be drawn again: some may be folded into one box. */
const waitGraph = (() => {
  const {plural} = dom;
  const RING_MOST = 12, RING_HEAD = 6, BEHIND_MOST = 4, DEPTH_MOST = 5;

  const graphOf = (data) => {
    if (data.waitGraph) return data.waitGraph;
    const next = new Map(), behind = new Map();
    const add = (map, key, edge) => { if (map.has(key)) map.get(key).push(edge); else map.set(key, [edge]); };
    for (const edge of data.graph.edges) {
      add(next, String(edge.from), edge);
      add(behind, String(edge.to), edge);
    }
    data.waitGraph = {next, behind};
    return data.waitGraph;
  };

  const nodeOf = (data, id, isStuck) => ({id, stuck: isStuck, ...data.graph.nodes[id]});
  const folded = (id, count, what) => ({id, fold: true, name: plural(count, 'thread'), wait: what, object: null, place: null});

  /* Adds who waits for `id`, and who waits for those. Threads for whom nobody waits are one node from the fifth on. */
  const addBehind = (data, piece, id, depth) => {
    const {behind} = graphOf(data);
    const fresh = (behind.get(id) || []).filter((edge) => !piece.nodes.has(String(edge.from)) && !piece.members.has(String(edge.from)));
    const leaves = fresh.filter((edge) => !behind.has(String(edge.from)));
    const others = fresh.filter((edge) => behind.has(String(edge.from)));
    const shown = leaves.length > BEHIND_MOST ? [] : leaves;
    const branches = depth < DEPTH_MOST ? others.slice(0, BEHIND_MOST) : [];
    for (const edge of [...branches, ...shown]) {
      piece.nodes.set(String(edge.from), nodeOf(data, String(edge.from), false));
      piece.edges.push({from: String(edge.from), to: id, relation: edge.relation});
    }
    const rest = fresh.length - shown.length - branches.length;
    if (rest > 0) {
      const fold = folded(`behind ${id}`, rest, data.graph.nodes[(leaves[0] || others[0]).from].wait);
      piece.nodes.set(fold.id, fold);
      piece.edges.push({from: fold.id, to: id, relation: 'holds'});
    }
    for (const edge of branches) addBehind(data, piece, String(edge.from), depth + 1);
  };

  /* A cycle of more than a dozen threads is drawn with its middle folded. */
  const ringOf = (data, piece, ids, stuck) => {
    const kept = ids.length > RING_MOST ? [...ids.slice(0, RING_HEAD), ...ids.slice(ids.length - (RING_MOST - RING_HEAD - 1))] : ids;
    for (const id of kept) piece.nodes.set(id, nodeOf(data, id, stuck));
    const members = new Set(kept);
    for (const id of kept)
      for (const edge of graphOf(data).next.get(id) || [])
        if (members.has(String(edge.to))) piece.edges.push({from: id, to: String(edge.to), relation: edge.relation, stuck});
    piece.ring = kept.slice();
    if (kept.length === ids.length) return;
    const fold = folded('fold', ids.length - kept.length, 'in the same cycle');
    fold.stuck = stuck;
    piece.nodes.set(fold.id, fold);
    piece.edges.push({from: kept[RING_HEAD - 1], to: fold.id, relation: 'holds', stuck}, {from: fold.id, to: kept[RING_HEAD], relation: 'holds', stuck});
    piece.ring.splice(RING_HEAD, 0, fold.id);
  };

  /* Members that wait for one thing that can no longer come: an owner that has ended, or anybody at all. */
  const fanOf = (piece, data, ids, target) => {
    piece.nodes.set(target.id, target);
    const shown = ids.length > RING_MOST ? ids.slice(0, RING_MOST - 1) : ids;
    for (const id of shown) {
      piece.nodes.set(id, nodeOf(data, id, true));
      piece.edges.push({from: id, to: target.id, relation: 'holds', stuck: true});
    }
    if (shown.length === ids.length) return;
    const fold = folded('fold', ids.length - shown.length, 'wait as these do');
    fold.stuck = true;
    piece.nodes.set(fold.id, fold);
    piece.edges.push({from: fold.id, to: target.id, relation: 'holds', stuck: true});
  };

  const ofDeadlock = (data, deadlock) => {
    const ids = deadlock.threads.map(String);
    const piece = {nodes: new Map(), edges: [], ring: [], members: new Set(ids)};
    if (deadlock.drawn === 'ring') ringOf(data, piece, ids, true);
    else if (deadlock.drawn === 'owner') {
      const owner = String((graphOf(data).next.get(ids[0]) || [{to: 0}])[0].to);
      fanOf(piece, data, ids, nodeOf(data, owner, true));
    } else fanOf(piece, data, ids, {id: 'nobody', nobody: true, stuck: true, name: 'nobody', wait: ids.length === 1 ? 'is left to wake it' : 'is left to wake them'});
    for (const id of ids) if (piece.nodes.has(id) && deadlock.drawn !== 'nobody') addBehind(data, piece, id, 0);
    return piece;
  };

  /* Adds to a set of ids all that wait for one of them, directly or not. */
  const addWaiters = (data, ids) => {
    for (const id of ids) /* a set's walk meets what is added on the way */
      for (const edge of graphOf(data).behind.get(id) || []) ids.add(String(edge.from));
    return ids;
  };

  /* The cycle that one runs into who goes from each to the one it waits for; null if there is an end. */
  const cycleFrom = (next, start) => {
    const way = [];
    for (let at = start; next.has(at); at = String(next.get(at)[0].to)) {
      if (way.includes(at)) return way.slice(way.indexOf(at));
      way.push(at);
    }
    return null;
  };

  /* What no deadlock's picture shows: a piece for each thread that others wait for and that waits for nobody itself, and for
   * each cycle that is no deadlock, for its waits are timed. */
  const others = (data) => {
    const {next, behind} = graphOf(data);
    const seen = addWaiters(data, new Set(data.deadlocks.flatMap((deadlock) => deadlock.threads.map(String))));
    const pieces = [];
    for (const root of [...behind.keys()].filter((id) => !next.has(id))) {
      if (behind.get(root).every((edge) => seen.has(String(edge.from)))) continue;
      const piece = {nodes: new Map([[root, nodeOf(data, root, false)]]), edges: [], ring: [], members: new Set()};
      addBehind(data, piece, root, 0);
      addWaiters(data, new Set([root])).forEach((id) => seen.add(id));
      pieces.push(piece);
    }
    for (const id of next.keys()) {
      const ring = seen.has(id) ? null : cycleFrom(next, id);
      if (!ring) continue;
      const piece = {nodes: new Map(), edges: [], ring: [], members: new Set(ring)};
      ringOf(data, piece, ring, false);
      for (const one of ring) if (piece.nodes.has(one)) addBehind(data, piece, one, 0);
      addWaiters(data, new Set(ring)).forEach((one) => seen.add(one));
      pieces.push(piece);
    }
    return pieces.sort((a, b) => b.nodes.size - a.nodes.size);
  };

  const countBehind = (data, deadlock) => addWaiters(data, new Set(deadlock.threads.map(String))).size - deadlock.threads.length;

  return {graphOf, ofDeadlock, others, countBehind};
})();
