/* One group: a row that opens. */
const group = (() => {
  const {make, plural, span, threadName} = dom;
  const FIRST = 8, STEP = 100;

  /* What a group is known by from report to report: its stacks, and where they are the same (with other evidence), its place among those. */
  const keyOf = (data, one) => [one.wait, ...one.stack.map((at) => stacks.nameOf(data.frames[at])), '|', ...(one.creation || []).map((at) => stacks.nameOf(data.frames[at]))].join(';');

  const nameAll = (data) => {
    const seen = new Map();
    for (const one of data.groups) {
      const key = keyOf(data, one), times = seen.get(key) || 0;
      seen.set(key, times + 1);
      one.key = times ? `${key} ${times + 1}` : key;
    }
  };

  const threadTable = (one) => {
    const body = make('tbody', {});
    const more = make('button', {class: 'more', onclick: () => grow(STEP)});
    let shown = 0;
    const grow = (step) => {
      for (const [tid, name, waited, age, cpu] of one.threads.slice(shown, shown + step))
        body.append(make('tr', {}, ...[name, tid, span(waited), span(age), span(cpu)].map((words) => make('td', {}, String(words)))));
      shown = Math.min(shown + step, one.threads.length);
      more.hidden = shown === one.threads.length;
      more.textContent = plural(one.threads.length - shown, 'more thread');
    };
    grow(FIRST);
    const head = ['thread', 'tid', one.state === 'finished' ? 'ended' : 'waits', 'age', 'CPU'];
    return make('div', {class: 'threads'}, make('table', {}, make('thead', {}, make('tr', {}, ...head.map((words) => make('th', {scope: 'col'}, words)))), body), more);
  };

  const notesOf = (one) => [
    one.cut ? 'Deeper frames were not kept (option depth).' : '',
    one.by_frame_pointer ? 'Callers of code without unwind information were found by frame pointer.' : '',
    one.from_kernel ? 'From /proc; the call was not intercepted.' : '',
    one.broken ? 'The stack ends at a frame without usable unwind information.' : ''].filter(Boolean);
  /* From what is live to the object; of one that nobody can come to, from those that wait for it, and are stranded with it. */
  const chainOf = ({live, steps, cut, known_to, more}) => {
    const before = live ? [] : [...known_to, ...(more ? [`${plural(more, 'more thread')}`] : [])];
    const step = (words, look) => make('li', {class: `step ${look}`}, words);
    const boxes = steps.map((words, at) => step(words, at === steps.length - 1 && steps.length > 1 ? 'object' : live && at === 0 ? 'live' : live ? '' : 'object'));
    if (cut) boxes.splice(1, 0, step('\u2026', 'left-out'));
    return make('ol', {class: 'chain'}, before.length ? make('li', {class: 'step known'}, before.join(', ')) : null, ...boxes);
  };

  const factsOf = (data, one) => [
    one.chain && one.chain.steps.length ? [one.chain.live ? 'reachable from' : 'unreachable, known only to', chainOf(one.chain)] : null,
    one.objects.length ? ['waiting on', make('code', {}, one.objects.join(', '))] : null,
    one.taken !== undefined ? ['its owner took it at', stacks.place(data, one.taken)] : null,
    one.signalled !== undefined ? ['last signalled at', stacks.place(data, one.signalled)] : null,
    one.posted !== undefined ? ['last posted at', stacks.place(data, one.posted)] : null,
    ...one.holds.map((words) => ['holds', make('code', {}, words.trim())]),
    one.timeout !== undefined ? ['timeout', span(one.timeout)] : null,
    one.stack_bytes ? [one.count === 1 ? 'its stack keeps' : 'their stacks keep', `${(one.stack_bytes / 1048576).toFixed(1)} MiB`] : null].filter(Boolean);

  const creationOf = (data, one) => {
    if (one.unseen) return make('div', {}, make('h3', {}, 'Created by'), make('p', {class: 'note'}, 'Creator unknown (created inside libc, by raw clone, or before the preload).'));
    if (!one.creation) return null;
    return make('div', {}, make('h3', {}, `Created by ${threadName(one.creator, one.creator_tid)}`), stacks.list(data, one.creation, ''),
      one.creation_cut ? make('p', {class: 'note'}, 'Deeper frames were not kept (option depth).') : null);
  };
  const stackOf = (data, one) => (one.stack.length || one.call ? make('div', {}, make('h3', {}, one.state === 'finished' ? 'Ended' : one.state === 'running' || one.state === 'spinning' ? 'Runs at' : 'Blocked at'),
        stacks.list(data, one.stack, one.call), ...notesOf(one).map((words) => make('p', {class: 'note'}, words))) : null);
  const insideOf = (data, one) => {
    const columns = [stackOf(data, one), creationOf(data, one), make('div', {}, make('h3', {}, plural(one.count, 'thread')), threadTable(one))].filter(Boolean);
    const facts = factsOf(data, one).flatMap(([key, words]) => [make('dt', {}, key), make('dd', {}, words)]);
    return make('div', {class: 'inside'}, make('div', {class: columns.length === 3 ? 'columns three' : 'columns'}, ...columns), facts.length ? make('dl', {class: 'facts'}, ...facts) : null);
  };

  const whereOf = (data, one) => {
    const at = one.place ?? (one.creation ? one.creation[0] : null);
    if (at === null || at === undefined) return make('span', {class: 'where-it-is'}, make('b', {}, one.threads[0][1]));
    const frame = data.frames[at];
    return make('span', {class: 'where-it-is'}, one.place === null ? make('span', {class: 'faint'}, 'created in ') : null, make('b', {}, stacks.nameOf(frame)), ' ', make('span', {class: 'where'}, stacks.placeOf(frame)));
  };

  /* most: the greatest count of the report. state.open: keys of the groups that are open. */
  const row = (data, one, state, most, times) => {
    const key = one.key;
    const card = make('section', {class: 'group', 'data-key': key});
    let inside = null;
    const toggle = () => {
      if (inside) { inside.remove(); inside = null; state.open.delete(key); }
      else { inside = insideOf(data, one); card.append(inside); state.open.add(key); }
      button.setAttribute('aria-expanded', String(inside !== null));
    };
    const button = make('button', {class: 'head', 'aria-expanded': 'false', onclick: toggle},
      make('span', {class: 'count'}, one.count.toLocaleString('en')), scale.bar(one.count, most),
      make('span', {class: 'wait'}, one.wait, one.seconds ? make('span', {class: 'faint'}, one.state === 'finished' ? `, ${span(one.seconds)} ago` : `, ${span(one.seconds)}`) : null),
      scale.waits(times, one),
      make('span', {class: `verdict verdict-${one.verdict}`}, one.verdict === 'none' ? '' : one.verdict),
      make('span', {class: 'what'}, whereOf(data, one), one.evidence.length ? make('span', {class: 'why'}, one.evidence.join('; ')) : null));
    card.append(button);
    if (state.open.has(key)) toggle();
    return card;
  };

  return {row, nameAll};
})();
