/* Shows a report (render/view_data.c) in an element: what is wrong, then all there is to look at. Nothing is asked of a network. */
const leakwatch = (() => {
  const {make, plural, span} = dom;
  const OTHERS_SHOWN = 30;

  const toggleTheme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  };

  const header = (data) => {
    const [first, ...rest] = data.summary.trim().split('\n');
    return make('header', {}, make('div', {class: 'head'}, make('h1', {}, stacks.baseName(data.program), make('span', {class: 'faint'}, ` pid ${data.pid}`)),
      make('button', {class: 'theme', onclick: toggleTheme, 'aria-label': 'dark or light', title: 'dark or light'}, '\u25d0')),
    make('p', {class: 'summary'}, first.replace(/^leakwatch: /, '')),
    make('p', {class: 'taken faint'}, `${new Date(data.time_ms).toISOString().replace('T', ' ').replace(/\.\d+Z/, ' UTC')}, ${span(data.uptime)} after it started; ${plural(data.counts.created, 'thread')} created in all`),
    rest.length ? make('p', {class: 'warning'}, rest.join('\n').replace(/^leakwatch: /gm, '')) : null);
  };

  const otherWaits = (data, choose) => {
    const pieces = waitGraph.others(data);
    const element = make('div', {});
    element.append(...pieces.slice(0, OTHERS_SHOWN).map((piece) => picture.show(data, piece, 'who waits for whom', choose, element, false)),
      ...[pieces.length > OTHERS_SHOWN ? make('p', {class: 'legend'}, `${plural(pieces.length - OTHERS_SHOWN, 'smaller graph')} not drawn.`) : null,
      make('p', {class: 'legend'}, 'An arrow leads from a thread to the one that holds what it waits for.')].filter(Boolean));
    return element;
  };

  /* state: of an earlier call, so that a newer report opens where the last one was left. Returns it. */
  const show = (container, data, state) => {
    if (!data) { container.replaceChildren(make('p', {}, 'There is no report here.')); return state; }
    group.nameAll(data);
    state = state || {tab: 'groups', search: '', verdict: '', order: 'worst', open: new Set(data.groups.slice(0, 1).map((one) => one.key))};
    const choose = (node) => {
      state.search = node.id;
      state.verdict = '';
      open('groups');
      panel.scrollIntoView({block: 'start'});
    };
    const tabsThere = {
      groups: ['Groups', () => groups.panel(data, state)],
      ...(waitGraph.others(data).length ? {graph: [data.deadlocks.length ? 'Other waits' : 'Who waits for whom', () => otherWaits(data, choose)]} : {}),
      blocked: ['Flame graph of stacks', () => flame.panel(data, 'stack')],
      created: ['Flame graph of creation', () => flame.panel(data, 'creation')],
    };
    const names = Object.keys(tabsThere);
    const panel = make('div', {role: 'tabpanel', id: 'panel', tabindex: '-1'});
    const open = (tab) => {
      state.tab = tab;
      for (const button of tabs.children) {
        const chosen = button.dataset.tab === tab;
        button.setAttribute('aria-selected', String(chosen));
        button.tabIndex = chosen ? 0 : -1;
      }
      panel.replaceChildren(tabsThere[tab][1]());
    };
    const tabs = make('div', {class: 'tabs', role: 'tablist', onkeydown: (event) => {
      const by = {ArrowRight: 1, ArrowLeft: names.length - 1}[event.key];
      if (!by) return;
      open(names[(names.indexOf(state.tab) + by) % names.length]);
      tabs.querySelector('[aria-selected=true]').focus();
    }}, ...names.map((tab) => make('button', {role: 'tab', 'aria-controls': 'panel', 'data-tab': tab, onclick: () => open(tab)}, tabsThere[tab][0])));
    container.style.minHeight = `${container.offsetHeight}px`; /* pictures are drawn a moment later: nothing may jump meanwhile */
    requestAnimationFrame(() => requestAnimationFrame(() => { container.style.minHeight = ''; }));
    container.replaceChildren(header(data), problem.show(data, choose),
      ...(data.left_locked ? [make('p', {class: 'warning'}, data.left_locked.trim())] : []), ...(data.groups.length ? [tabs, panel] : []));
    if (data.groups.length) open(names.includes(state.tab) ? state.tab : 'groups');
    return state;
  };

  document.addEventListener('keydown', (event) => {
    const search = document.querySelector('input[type=search]');
    if (event.key === '/' && search && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
  });
  return {show, make, draw: dom.draw, plural, span};
})();
