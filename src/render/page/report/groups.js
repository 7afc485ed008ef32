/* The groups of a report: searched, filtered by verdict, sorted. */
const groups = (() => {
  const {make, plural} = dom;
  const STEP = 200;

  /* What a search looks through, made once a group. */
  const wordsOf = (data, one) => one.words || (one.words = [one.wait, one.state, one.verdict, one.call, one.creator || '', ...one.evidence, ...one.objects, ...one.holds,
    ...one.stack.concat(one.creation || []).map((at) => `${stacks.nameOf(data.frames[at])} ${stacks.placeOf(data.frames[at])}`),
    ...one.threads.map((thread) => `${thread[1]} ${thread[0]}`)].join('\n').toLowerCase());

  const oldest = (one) => one.threads.reduce((most, thread) => Math.max(most, thread[3]), 0);
  const orders = {
    worst: ['worst first', null], count: ['most threads', (a, b) => b.count - a.count],
    wait: ['longest wait', (a, b) => b.seconds - a.seconds], age: ['oldest thread', (a, b) => oldest(b) - oldest(a)],
  };

  /* How many threads have which verdict: one bar of them all, and a button for each, which shows these alone. */
  const verdictFilter = (data, state, changed) => {
    const counts = new Map();
    for (const one of data.groups) counts.set(one.verdict, (counts.get(one.verdict) || 0) + one.count);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const words = (verdict) => (verdict === 'none' ? 'no verdict' : verdict);
    const buttons = [...counts].map(([verdict, count]) => make('button', {class: `chip chip-${verdict}`, 'aria-pressed': String(state.verdict === verdict), 'data-verdict': verdict, onclick: () => {
      state.verdict = state.verdict === verdict ? '' : verdict;
      for (const button of buttons) button.setAttribute('aria-pressed', String(state.verdict === button.dataset.verdict));
      changed();
    }}, make('b', {}, count.toLocaleString('en')), ` ${words(verdict)}`));
    if (counts.size < 2) return [null, null];
    return [make('div', {class: 'stacked', 'aria-hidden': 'true'}, ...[...counts].map(([verdict, count]) => make('span', {class: `chip-${verdict}`, style: `width:${100 * count / total}%`}))),
      make('div', {class: 'chips', role: 'group', 'aria-label': 'show one verdict'}, ...buttons)];
  };

  const panel = (data, state) => {
    const list = make('div', {class: 'groups'}), said = make('p', {class: 'said', role: 'status'});
    const most = data.groups.reduce((greatest, one) => Math.max(greatest, one.count), 1), times = scale.timesOf(data);
    const draw = () => {
      const wanted = state.search.toLowerCase();
      let found = data.groups.filter((one) => (!state.verdict || one.verdict === state.verdict) && (!wanted || wordsOf(data, one).includes(wanted)));
      if (orders[state.order][1]) found = found.slice().sort(orders[state.order][1]);
      said.textContent = `${plural(found.length, 'group')}, ${plural(found.reduce((sum, one) => sum + one.count, 0), 'thread')}`;
      list.replaceChildren(make('div', {class: 'headings'}, make('span', {}, 'threads'), make('span', {}, 'wait'), scale.axis(times), make('span', {}, 'verdict'), make('span', {}, 'where, and what is known')));
      let shown = 0;
      const more = make('button', {class: 'more', onclick: () => grow()});
      const grow = () => {
        more.remove();
        for (const one of found.slice(shown, shown + STEP)) list.append(group.row(data, one, state, most, times));
        shown = Math.min(shown + STEP, found.length);
        more.textContent = plural(found.length - shown, 'more group');
        if (shown < found.length) list.append(more);
      };
      grow();
    };
    const search = make('input', {type: 'search', placeholder: 'search functions, files, threads, evidence  ( / )', 'aria-label': 'search', value: state.search,
      oninput: (event) => { state.search = event.target.value; draw(); }});
    const order = make('select', {'aria-label': 'order', onchange: (event) => { state.order = event.target.value; draw(); }},
      ...Object.entries(orders).map(([key, [words]]) => make('option', {value: key, selected: key === state.order ? '' : null}, words)));
    const [stacked, chips] = verdictFilter(data, state, draw);
    draw();
    return make('div', {}, stacked, make('div', {class: 'tools'}, search, order, chips, said), list,
      make('p', {class: 'legend'}, make('span', {class: 'key range'}), 'shortest to longest wait of the group', make('span', {class: 'key age'}), 'its oldest thread was created'));
  };

  return {panel};
})();
