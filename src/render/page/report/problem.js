/* What is wrong, before all else: each deadlock drawn and told, or the worst group in a sentence. */
const problem = (() => {
  const {make, plural, span, threadName} = dom;
  const TOLD = 12, DEADLOCKS_SHOWN = 3;

  const titleOf = (deadlock) => `Deadlock: ${deadlock.title}`;
  const row = (key, ...words) => [make('dt', {}, key), make('dd', {}, ...words)];

  const ownerRow = (data, edge) => {
    const owner = data.graph.nodes[edge.to];
    const words = [make('b', {}, threadName(owner.name, edge.to))];
    if (owner.ended) words.push(owner.seconds ? `, which ended ${span(owner.seconds)} ago` : ', which has ended');
    return [...row({holds: 'held by', ends: 'joins', precedes: 'queued behind'}[edge.relation], ...words),
      ...(edge.taken === undefined ? [] : row('taken at', stacks.place(data, edge.taken)))];
  };
  const member = (data, deadlock, tid) => {
    const node = data.graph.nodes[tid], edges = waitGraph.graphOf(data).next.get(String(tid)) || [];
    const where = stacks.place(data, node.place);
    return make('li', {'data-tid': tid}, make('h3', {}, node.name, make('span', {class: 'faint'}, ` ${tid}`), make('span', {class: 'waited'}, node.seconds ? span(node.seconds) : '')),
      make('dl', {}, ...row('waits in', node.wait, node.object && edges.every((edge) => edge.relation !== 'ends') ? ' for ' : '',
        node.object && edges.every((edge) => edge.relation !== 'ends') ? make('code', {}, node.object) : ''),
      ...(where ? row('at', where) : []), ...edges.slice(0, 4).flatMap((edge) => ownerRow(data, edge))));
  };

  /* An owner that has ended: who made it is where the search for the bug begins. */
  const origin = (data, deadlock) => {
    const edge = (waitGraph.graphOf(data).next.get(String(deadlock.threads[0])) || [])[0];
    const owner = deadlock.drawn === 'owner' && edge ? data.graph.nodes[edge.to] : null;
    if (!owner || !owner.creator) return null;
    const at = owner.creation.find((one) => !data.frames[one].library) ?? owner.creation[0];
    return make('p', {class: 'note'}, make('b', {}, threadName(owner.name, edge.to)), ` was created by ${threadName(owner.creator, owner.creator_tid)}`, at === undefined ? '' : ' at ', stacks.place(data, at));
  };

  const light = (card, tid) => {
    for (const element of card.querySelectorAll('[data-tid], [data-from]'))
      element.classList.toggle('lit', tid !== null && (element.dataset.tid || element.dataset.from) === tid);
  };

  const deadlockCard = (data, deadlock, choose) => {
    const told = make('ol', {class: 'told'});
    const more = make('button', {class: 'more', onclick: () => grow()});
    let shown = 0;
    const grow = () => {
      const STEP = shown ? 100 : TOLD;
      for (const tid of deadlock.threads.slice(shown, shown + STEP)) told.append(member(data, deadlock, tid));
      shown = Math.min(deadlock.threads.length, shown + STEP);
      more.hidden = shown === deadlock.threads.length;
      more.textContent = `${plural(deadlock.threads.length - shown, 'more thread')}`;
    };
    grow();
    const title = titleOf(deadlock), behind = waitGraph.countBehind(data, deadlock);
    const legend = deadlock.drawn === 'nobody' ? deadlock.threads.length === 1 ? 'It waits for what only itself could give.'
      : 'Each waits for what only another thread of this process could give, and none of them can run.'
      : 'An arrow leads from a thread to the one that it waits for.';
    const halves = make('div', {class: 'halves'});
    halves.append(make('div', {class: 'drawn'}, picture.show(data, waitGraph.ofDeadlock(data, deadlock), title, choose, halves, true), make('p', {class: 'legend'}, legend), origin(data, deadlock)),
      make('div', {class: 'words'}, told, more));
    const card = make('section', {class: 'problem deadlock', 'aria-label': title}, make('h2', {}, title),
      behind ? make('p', {class: 'lead'}, `${plural(behind, 'more thread')} ${behind === 1 ? 'waits' : 'wait'} behind ${deadlock.threads.length === 1 ? 'it' : 'them'} and can never go on either.`) : null,
      halves);
    const over = (event) => { const one = event.target.closest('[data-tid]'); light(card, one ? one.dataset.tid : null); };
    card.addEventListener('mouseover', over);
    card.addEventListener('mouseleave', () => light(card, null));
    card.addEventListener('focusin', over);
    return card;
  };

  /* Without a deadlock: the worst group, from who created it to what it waits for. */
  const wrapped = (words) => {
    const MOST = 27;
    const at = words.length <= MOST ? words.length : words.lastIndexOf(' ', MOST);
    return at > 0 ? [words.slice(0, at), words.slice(at + 1)] : [words, ''];
  };
  const keptOf = (group) => (group.stack_bytes ? `${group.count === 1 ? 'its stack keeps' : 'their stacks keep'} ${(group.stack_bytes / 1048576).toFixed(1)} MiB` : '');
  const pathOf = (data, group, created) => {
    const threads = {id: 'threads', kind: ['deadlock', 'stranded'].includes(group.verdict) ? 'stuck' : 'suspect', name: plural(group.count, 'thread'),
      text: [`${group.wait}${group.seconds ? `, ${span(group.seconds)}` : ''}${group.state === 'finished' ? ' ago' : ''}`, group.place === null ? keptOf(group) : picture.placeWords(data, group.place, 27)]};
    const piece = {nodes: new Map([['threads', threads]]), edges: [], ring: []};
    if (group.objects.length) {
      const name = group.objects.length === 1 ? picture.shortObject(group.objects[0]) : `${group.objects.length} objects`;
      piece.nodes.set('object', {id: 'object', kind: 'absent', name, text: wrapped(group.evidence[0] || '')});
      piece.edges.push({from: 'threads', to: 'object'});
    }
    if (created !== undefined) {
      const frame = data.frames[created];
      piece.nodes.set('creator', {id: 'creator', name: stacks.nameOf(frame), text: [`creates ${group.count === 1 ? 'it' : 'them'} at`, stacks.placeOf(frame)]});
      piece.edges.push({from: 'creator', to: 'threads'});
    }
    return piece;
  };
  const groupTitle = (data, group) => {
    const one = group.count === 1;
    if (group.state === 'finished') return `${plural(group.count, 'thread')} ended and ${one ? 'was' : 'were'} never joined`;
    const where = `${group.wait === group.state ? group.state : `${group.state} in ${group.wait}`}${group.seconds ? ` for ${span(group.seconds)}` : ''}`;
    return data.judges ? `${plural(group.count, 'leaked thread')}, ${where}` : `${group.verdict === 'suspect' ? 'Suspect' : 'Stranded'}: ${plural(group.count, 'thread')} ${where}`;
  };
  const groupCard = (data) => {
    const group = data.groups[0];
    if (!group) return null;
    if (!data.judges && !['suspect', 'stranded'].includes(group.verdict) && group.state !== 'finished')
      return make('section', {class: 'problem calm'}, make('h2', {}, `${plural(data.counts.threads, 'thread')}; none is proved to be stuck`));
    const title = groupTitle(data, group), one = group.count === 1, halves = make('div', {class: 'halves'});
    const created = group.creation && (group.creation.find((at) => !data.frames[at].library) ?? group.creation[0]);
    halves.append(make('div', {class: 'drawn'}, picture.show(data, pathOf(data, group, created), title, null, halves, true)),
      make('div', {class: 'words'}, make('dl', {}, ...(group.place === null ? [] : row(group.wait === group.state ? 'runs at' : one ? 'it waits at' : 'they wait at', stacks.place(data, group.place))),
        ...(created === undefined ? [] : row('created at', stacks.place(data, created))),
        ...(keptOf(group) ? row('cost', keptOf(group)) : []),
        ...(group.evidence.length ? row(group.verdict === 'none' ? 'known' : group.verdict, group.evidence.join('; ')) : [])),
      data.groups.length > 1 ? make('p', {class: 'note'}, `${plural(data.groups.length - 1, 'more group')} below.`) : null));
    return make('section', {class: 'problem leak', 'aria-label': title}, make('h2', {}, title), halves);
  };

  const show = (data, choose) => {
    const section = make('div', {class: 'problems'});
    if (!data.deadlocks.length) {
      const card = groupCard(data);
      if (card) section.append(card);
      return section;
    }
    let shown = 0;
    const more = make('button', {class: 'more', onclick: () => grow()});
    const grow = () => {
      more.remove();
      for (const deadlock of data.deadlocks.slice(shown, shown + DEADLOCKS_SHOWN)) section.append(deadlockCard(data, deadlock, choose));
      shown = Math.min(data.deadlocks.length, shown + DEADLOCKS_SHOWN);
      more.textContent = plural(data.deadlocks.length - shown, 'more deadlock');
      if (shown < data.deadlocks.length) section.append(more);
    };
    grow();
    return section;
  };

  return {show};
})();
