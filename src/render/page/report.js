/* Shows a report (render/view_data.c) in an element. Nothing is asked of a network. All text goes in as text, never
 * as markup: names of threads and functions may be anything. */
'use strict';
const leakwatch = (() => {
  const make = (name, attributes, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {}))
      if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined) element.setAttribute(key, value);
    element.append(...inside.filter((one) => one !== null && one !== undefined));
    return element;
  };
  const drawn = (name, attributes, ...inside) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };
  const plural = (count, what) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
  const span = (seconds) => {
    if (seconds < 60) return `${seconds.toFixed(1)}s`;
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    const two = (number) => String(number).padStart(2, '0');
    if (hours < 1) return `${minutes}m${two(Math.floor(seconds % 60))}s`;
    return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
  };
  const base = (path) => path.slice(path.lastIndexOf('/') + 1);
  const nameOf = (frame) => frame.function || `${frame.module}+${frame.offset}`;
  const placeOf = (frame) => (frame.file ? `${base(frame.file)}:${frame.line}` : `${frame.module}+${frame.offset}`);

  /* What a search looks through, made once a group. */
  const wordsOf = (data, group) => group.words || (group.words = [group.wait, group.state, group.verdict, group.call, group.creator || '',
    ...group.evidence, ...group.objects, ...group.stack.concat(group.creation || []).map((at) => `${nameOf(data.frames[at])} ${placeOf(data.frames[at])}`),
    ...group.threads.map((thread) => `${thread[1]} ${thread[0]}`)].join('\n').toLowerCase());
  /* What a group is known by from report to report. */
  const keyOf = (data, group) => [group.wait, ...group.stack.map((at) => nameOf(data.frames[at])), '|',
    ...(group.creation || []).map((at) => nameOf(data.frames[at]))].join(';');

  const sourceOf = (data, frame) => {
    const lines = frame.file && data.sources[frame.file];
    if (!lines) return null;
    const numbers = Object.keys(lines).map(Number).filter((number) => Math.abs(number - frame.line) <= 4).sort((a, b) => a - b);
    if (!numbers.includes(frame.line)) return null;
    return make('pre', {class: 'source'}, ...numbers.map((number) =>
      make('span', {class: number === frame.line ? 'at' : ''}, `${String(number).padStart(5)}  ${lines[number]}${number === frame.line ? '' : '\n'}`)));
  };
  const frameList = (data, stack, call) => {
    const list = make('ol', {class: 'frames'});
    let number = 0;
    if (call) list.append(make('li', {}, make('button', {disabled: ''}, `#${number++}  ${call}`)));
    for (const at of stack) {
      const frame = data.frames[at];
      const source = sourceOf(data, frame);
      const item = make('li', {});
      const button = make('button', {'aria-expanded': source ? 'false' : null, title: frame.file || frame.module, onclick: () => {
        if (!source) return;
        const open = source.parentNode === item;
        if (open) source.remove(); else item.append(source);
        button.setAttribute('aria-expanded', String(!open));
      }}, `#${number++}  ${nameOf(frame)}${frame.inlined ? ' (inlined)' : ''}`, make('span', {class: 'where'}, placeOf(frame)));
      item.append(button);
      list.append(item);
    }
    return list;
  };

  const threadTable = (group) => {
    const STEP = 100;
    const body = make('tbody', {});
    let shown = 0;
    const more = make('button', {onclick: () => grow()});
    const grow = () => {
      for (const [tid, name, waited, age, cpu] of group.threads.slice(shown, shown + STEP))
        body.append(make('tr', {}, ...[name, tid, span(waited), span(age), span(cpu)].map((words) => make('td', {}, String(words)))));
      shown = Math.min(shown + STEP, group.threads.length);
      more.hidden = shown === group.threads.length;
      more.textContent = `${plural(group.threads.length - shown, 'more thread')}`;
    };
    grow();
    return [make('table', {}, make('thead', {}, make('tr', {}, ...['thread', 'tid', 'waits', 'age', 'CPU'].map((words) => make('th', {scope: 'col'}, words)))), body), more];
  };
  const fill = (data, group) => {
    const inside = make('div', {class: 'inside'});
    for (const words of group.evidence) inside.append(make('p', {class: 'evidence'}, words));
    inside.append(make('h3', {}, 'Stack'), frameList(data, group.stack, group.call));
    if (group.objects.length) inside.append(make('h3', {}, 'Waiting on'), make('p', {class: 'mono'}, group.objects.join(', ')));
    if (group.creation) inside.append(make('h3', {}, `Created by ${group.creator} (${group.creator_tid})`), frameList(data, group.creation, ''));
    inside.append(make('h3', {}, 'Threads'), ...threadTable(group));
    return inside;
  };
  const groupCard = (data, group, state) => {
    const key = keyOf(data, group);
    const card = make('section', {class: 'group', 'data-key': key});
    const top = group.stack.length ? data.frames[group.stack[0]] : null;
    let inside = null;
    const toggle = () => {
      if (inside) { inside.remove(); inside = null; state.open.delete(key); }
      else { inside = fill(data, group); card.append(inside); state.open.add(key); }
      button.setAttribute('aria-expanded', String(inside !== null));
    };
    const button = make('button', {'aria-expanded': 'false', onclick: toggle},
      make('span', {class: 'count'}, group.count.toLocaleString('en')), make('span', {}, `${group.wait}${group.seconds ? `, ${span(group.seconds)}` : ''}`),
      make('span', {class: `verdict-${group.verdict}`}, group.verdict === 'none' ? '' : group.verdict),
      make('span', {class: 'mono'}, top ? `${nameOf(top)}  ${placeOf(top)}` : group.threads[0][1]));
    card.append(button);
    if (state.open.has(key)) { state.open.delete(key); toggle(); }
    return card;
  };

  const orders = {
    worst: ['worst first', null], count: ['most threads', (a, b) => b.count - a.count],
    wait: ['longest wait', (a, b) => b.seconds - a.seconds],
    age: ['oldest thread', (a, b) => Math.max(...b.threads.slice(0, 1).map((t) => t[3])) - Math.max(...a.threads.slice(0, 1).map((t) => t[3]))],
  };
  const groupsPanel = (data, state) => {
    const STEP = 200;
    const list = make('div', {class: 'groups'});
    const said = make('p', {class: 'faint', role: 'status'});
    const draw = () => {
      const wanted = state.search.toLowerCase();
      let found = data.groups.filter((group) => (!state.verdict || group.verdict === state.verdict) && (!wanted || wordsOf(data, group).includes(wanted)));
      if (orders[state.order][1]) found = found.slice().sort(orders[state.order][1]);
      const threads = found.reduce((sum, group) => sum + group.count, 0);
      said.textContent = `${plural(found.length, 'group')}, ${plural(threads, 'thread')}`;
      list.replaceChildren();
      let shown = 0;
      const more = make('button', {onclick: () => grow()});
      const grow = () => {
        more.remove();
        for (const group of found.slice(shown, shown + STEP)) list.append(groupCard(data, group, state));
        shown = Math.min(shown + STEP, found.length);
        more.textContent = plural(found.length - shown, 'more group');
        if (shown < found.length) list.append(more);
      };
      grow();
    };
    const verdicts = [...new Set(data.groups.map((group) => group.verdict))];
    const search = make('input', {type: 'search', placeholder: 'search functions, files, threads, evidence  ( / )', 'aria-label': 'search', value: state.search,
      oninput: (event) => { state.search = event.target.value; draw(); }});
    const choose = (label, options, value, then) => make('select', {'aria-label': label, onchange: (event) => then(event.target.value)},
      ...options.map(([key, words]) => make('option', {value: key, selected: key === value ? '' : null}, words)));
    const tools = make('div', {class: 'tools'}, search,
      choose('verdict', [['', 'every verdict'], ...verdicts.map((one) => [one, one])], state.verdict, (value) => { state.verdict = value; draw(); }),
      choose('order', Object.entries(orders).map(([key, order]) => [key, order[0]]), state.order, (value) => { state.order = value; draw(); }));
    draw();
    return make('div', {}, tools, said, list);
  };

  /* A flame graph: a tree of calls from the outermost one, as wide as threads are in it. */
  const treeOf = (data, which) => {
    const root = {name: 'all threads', count: 0, children: new Map()};
    for (const group of data.groups) {
      const stack = group[which] || [];
      if (which === 'creation' && !stack.length) continue;
      const names = stack.map((at) => nameOf(data.frames[at])).reverse();
      if (which === 'stack') names.push(group.call || group.wait);
      root.count += group.count;
      let at = root;
      for (const name of names) {
        if (!at.children.has(name)) at.children.set(name, {name, count: 0, children: new Map()});
        at = at.children.get(name);
        at.count += group.count;
      }
    }
    return root;
  };
  const hue = (name) => [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1000, 7);
  const flamePanel = (data, which) => {
    const HEIGHT = 20, LEAST = 0.0008;
    const root = treeOf(data, which);
    if (!root.count) return make('p', {class: 'faint'}, 'No stacks.');
    const said = make('p', {class: 'faint', role: 'status'}, 'Choose a call to see it alone; Escape brings all back.');
    const frame = make('div', {});
    const panel = make('div', {class: 'flame', onkeydown: (event) => { if (event.key === 'Escape') draw(root); }}, frame);
    let search = '';
    const draw = (top) => {
      let depth = 0;
      frame.replaceChildren();
      const put = (node, left, width, level) => {
        depth = Math.max(depth, level);
        const color = hue(node.name);
        frame.append(make('button', {class: search && node.name.toLowerCase().includes(search) ? 'found' : '', 'data-name': node.name, 'data-count': node.count,
          style: `left:${left * 100}%;width:${width * 100}%;top:${level * HEIGHT}px;background:hsl(${15 + color % 45} ${60 + color % 30}% ${62 + color % 14}%)`,
          title: `${node.name}: ${plural(node.count, 'thread')}`, onclick: () => { draw(node); said.textContent = `${node.name}: ${plural(node.count, 'thread')} of ${root.count.toLocaleString('en')}`; }}, node.name));
        let at = left;
        for (const child of [...node.children.values()].sort((a, b) => b.count - a.count)) {
          const part = width * child.count / node.count;
          if (part >= LEAST) put(child, at, part, level + 1);
          at += part;
        }
      };
      put(top, 0, 1, 0);
      frame.style.height = `${(depth + 1) * HEIGHT + 4}px`;
      if (top === root) said.textContent = 'Choose a call to see it alone; Escape brings all back.';
    };
    draw(root);
    const find = make('input', {type: 'search', placeholder: 'mark functions', 'aria-label': 'mark functions', oninput: (event) => { search = event.target.value.toLowerCase(); draw(root); }});
    return make('div', {}, make('div', {class: 'tools'}, find, make('button', {onclick: () => draw(root)}, 'all')), said, panel);
  };

  /* The wait-for graph. Threads that only wait, for the same one and the same object, are one node from the fourth on. */
  const foldGraph = (data) => {
    const awaited = new Set(data.graph.edges.map(([, to]) => String(to)));
    const members = new Set(data.deadlocks.flatMap((one) => one.threads.map(String)));
    const herds = new Map(), nodes = new Map(), edges = [];
    const node = (tid) => {
      if (!nodes.has(tid)) {
        const known = data.graph.nodes[tid] || ['', ''];
        nodes.set(tid, {id: tid, name: `${known[0]} (${tid})`, what: known[1], stuck: members.has(tid)});
      }
      return tid;
    };
    for (const [from, to, label] of data.graph.edges) {
      const key = awaited.has(String(from)) || members.has(String(from)) ? null : `${to} ${label}`;
      if (key === null) edges.push({from: node(String(from)), to: node(String(to)), label});
      else if (herds.has(key)) herds.get(key).from.push(String(from));
      else herds.set(key, {from: [String(from)], to: String(to), label});
    }
    for (const herd of herds.values()) {
      if (herd.from.length <= 3) {
        for (const from of herd.from) edges.push({from: node(from), to: node(herd.to), label: herd.label});
        continue;
      }
      const id = `herd ${herd.to} ${herd.label}`;
      nodes.set(id, {id, name: plural(herd.from.length, 'thread'), what: data.graph.nodes[herd.from[0]][1], stuck: false});
      edges.push({from: id, to: node(herd.to), label: herd.label});
    }
    return {nodes, edges};
  };
  const componentsOf = ({nodes, edges}) => {
    const parent = new Map([...nodes.keys()].map((id) => [id, id]));
    const find = (id) => { while (parent.get(id) !== id) { parent.set(id, parent.get(parent.get(id))); id = parent.get(id); } return id; };
    for (const {from, to} of edges) parent.set(find(from), find(to));
    const components = new Map();
    for (const node of nodes.values()) {
      const id = find(node.id);
      if (!components.has(id)) components.set(id, {nodes: [], edges: []});
      components.get(id).nodes.push(node);
    }
    for (const edge of edges) components.get(find(edge.from)).edges.push(edge);
    return [...components.values()].sort((a, b) => b.nodes.some((n) => n.stuck) - a.nodes.some((n) => n.stuck) || b.nodes.length - a.nodes.length);
  };
  /* Members of a cycle stand in a ring, the others behind those that they wait for; without a cycle, in columns. */
  const place = ({nodes, edges}) => {
    const next = new Map(edges.map((edge) => [edge.from, edge.to]));
    const ring = [];
    const start = nodes.find((node) => node.stuck && next.has(node.id));
    for (let at = start && start.id; at && !ring.includes(at); at = next.get(at)) ring.push(at);
    const closes = ring.length && ring.includes(next.get(ring[ring.length - 1]));
    if (closes) ring.splice(0, ring.indexOf(next.get(ring[ring.length - 1])));
    const spots = new Map(), waiters = new Map();
    for (const {from, to} of edges) waiters.set(to, [...(waiters.get(to) || []), from]);
    if (closes) {
      const radius = Math.max(110, ring.length * 45);
      const put = (id, angle, distance, width) => {
        if (spots.has(id)) return;
        spots.set(id, [Math.cos(angle) * distance * 1.5, Math.sin(angle) * distance]);
        const behind = (waiters.get(id) || []).filter((one) => !spots.has(one) && !ring.includes(one));
        behind.forEach((one, i) => put(one, angle + width * ((i + 0.5) / behind.length - 0.5), distance + 120, width / behind.length));
      };
      ring.forEach((id, i) => put(id, -Math.PI / 2 + 2 * Math.PI * i / ring.length, radius, 2 * Math.PI / ring.length));
    }
    let row = 0;
    const bottom = Math.max(0, ...[...spots.values()].map((spot) => spot[1])) + (spots.size ? 90 : 0);
    const column = (id, depth) => {
      if (spots.has(id)) return;
      spots.set(id, null);
      const behind = (waiters.get(id) || []).filter((one) => !spots.has(one));
      const first = row;
      behind.forEach((one) => column(one, depth + 1));
      if (row === first) row++;
      spots.set(id, [-depth * 260, bottom + ((first + row - 1) / 2) * 70]);
    };
    nodes.filter((node) => !next.has(node.id)).forEach((node) => column(node.id, 0));
    nodes.forEach((node) => column(node.id, 0));
    return spots;
  };
  const drawComponent = (component, choose) => {
    const WIDTH = 170, HEIGHT = 42, EDGE = 60;
    const spots = place(component);
    const xs = [...spots.values()].map((spot) => spot[0]), ys = [...spots.values()].map((spot) => spot[1]);
    const left = Math.min(...xs) - WIDTH / 2 - EDGE, top = Math.min(...ys) - HEIGHT / 2 - EDGE;
    const width = Math.max(...xs) - left + WIDTH / 2 + EDGE, height = Math.max(...ys) - top + HEIGHT / 2 + EDGE;
    const picture = drawn('svg', {viewBox: `${left} ${top} ${width} ${height}`, width, height, role: 'group', 'aria-label': 'who waits for whom'});
    picture.append(drawn('defs', {}, drawn('marker', {id: 'arrow', viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto'}, drawn('path', {d: 'M0 0L10 5L0 10z', fill: 'gray'}))));
    const stuck = new Set(component.nodes.filter((node) => node.stuck).map((node) => node.id));
    for (const {from, to, label} of component.edges) {
      const [x1, y1] = spots.get(from), [x2, y2] = spots.get(to);
      const length = Math.hypot(x2 - x1, y2 - y1) || 1, ux = (x2 - x1) / length, uy = (y2 - y1) / length;
      const border = Math.min(Math.abs((WIDTH / 2 + 3) / (ux || 1e-9)), Math.abs((HEIGHT / 2 + 3) / (uy || 1e-9)));
      const bend = from === to ? 60 : 18, mx = (x1 + x2) / 2 - uy * bend, my = (y1 + y2) / 2 + ux * bend;
      const shape = from === to ? `M${x1 - 30} ${y1 - HEIGHT / 2}C${x1 - 40} ${y1 - 90} ${x1 + 40} ${y1 - 90} ${x1 + 30} ${y1 - HEIGHT / 2 - 3}`
        : `M${x1 + ux * border} ${y1 + uy * border}Q${mx} ${my} ${x2 - ux * border} ${y2 - uy * border}`;
      picture.append(drawn('path', {class: stuck.has(from) && stuck.has(to) ? 'edge stuck' : 'edge', d: shape, 'marker-end': 'url(#arrow)', 'data-from': from, 'data-to': to}));
      picture.append(drawn('text', {class: 'label', x: from === to ? x1 : mx, y: from === to ? y1 - 82 : my, 'text-anchor': 'middle'}, label || ''));
    }
    for (const node of component.nodes) {
      const [x, y] = spots.get(node.id);
      const drawnNode = drawn('g', {class: node.stuck ? 'node stuck' : 'node', tabindex: '0', role: 'button', 'data-tid': node.id, transform: `translate(${x - WIDTH / 2} ${y - HEIGHT / 2})`},
        drawn('rect', {width: WIDTH, height: HEIGHT, rx: 7}), drawn('text', {x: WIDTH / 2, y: 17, 'text-anchor': 'middle'}, node.name.slice(0, 26)),
        drawn('text', {class: 'label', x: WIDTH / 2, y: 33, 'text-anchor': 'middle'}, node.what));
      drawnNode.addEventListener('click', () => choose(node));
      drawnNode.addEventListener('keydown', (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); choose(node); } });
      picture.append(drawnNode);
    }
    return picture;
  };
  const graphPanel = (data, choose) => {
    const SHOWN = 30;
    const panel = make('div', {});
    for (const deadlock of data.deadlocks) panel.append(make('pre', {class: 'deadlock verdict-deadlock'}, deadlock.text));
    const components = componentsOf(foldGraph(data));
    if (!components.length) panel.append(make('p', {class: 'faint'}, 'No thread waits for one that is known to hold what it wants.'));
    for (const component of components.slice(0, SHOWN)) panel.append(drawComponent(component, choose));
    if (components.length > SHOWN) panel.append(make('p', {class: 'faint'}, `${plural(components.length - SHOWN, 'smaller graph')} not drawn.`));
    return panel;
  };

  const toggleTheme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  };
  const titles = {groups: 'Groups', graph: 'Who waits for whom', blocked: 'Flame graph of stacks', created: 'Flame graph of creation'};

  /* state: of an earlier call, so that a newer report opens where the last one was left. Returns it. */
  const show = (container, data, state) => {
    state = state || {tab: 'groups', search: '', verdict: '', order: 'worst', open: new Set()};
    if (!data) { container.replaceChildren(make('p', {}, 'There is no report here.')); return state; }
    const panel = make('div', {role: 'tabpanel', id: 'panel', tabindex: '-1'});
    const panels = {
      groups: () => groupsPanel(data, state), graph: () => graphPanel(data, (node) => { state.search = /^\d+$/.test(node.id) ? node.id : ''; state.verdict = ''; open('groups'); }),
      blocked: () => flamePanel(data, 'stack'), created: () => flamePanel(data, 'creation'),
    };
    const open = (tab) => {
      state.tab = tab;
      for (const button of tabs.children) {
        const chosen = button.dataset.tab === tab;
        button.setAttribute('aria-selected', String(chosen));
        button.tabIndex = chosen ? 0 : -1;
      }
      panel.replaceChildren(panels[tab]());
    };
    const names = Object.keys(titles);
    const tabs = make('div', {class: 'tabs', role: 'tablist', onkeydown: (event) => {
      const by = {ArrowRight: 1, ArrowLeft: names.length - 1}[event.key];
      if (!by) return;
      open(names[(names.indexOf(state.tab) + by) % names.length]);
      tabs.querySelector('[aria-selected=true]').focus();
    }}, ...names.map((tab) => make('button', {role: 'tab', 'aria-controls': 'panel', 'data-tab': tab, onclick: () => open(tab)},
      tab === 'graph' && data.deadlocks.length ? `${titles[tab]} (${plural(data.deadlocks.length, 'deadlock')})` : titles[tab])));
    container.replaceChildren(
      make('div', {class: 'head'}, make('h1', {}, `${data.program} (pid ${data.pid})`), make('button', {onclick: toggleTheme, 'aria-label': 'dark or light'}, 'dark / light')),
      make('p', {class: 'summary'}, `${data.summary.trim()}\n${new Date(data.time_ms).toISOString()}`), tabs, panel);
    open(state.tab);
    return state;
  };
  document.addEventListener('keydown', (event) => {
    const search = document.querySelector('input[type=search]');
    if (event.key === '/' && search && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
  });
  return {show, make, plural, span};
})();
