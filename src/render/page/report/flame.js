/* Flame graphs: a tree of calls from the outermost one, each as wide as there are threads in it. */
const flame = (() => {
  const {make, plural} = dom;

  const treeOf = (data, which) => {
    const root = {name: 'all threads', count: 0, children: new Map()};
    for (const group of data.groups) {
      const stack = group[which] || [];
      if (which === 'creation' && !stack.length) continue;
      const names = stack.map((at) => stacks.nameOf(data.frames[at])).reverse();
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
  const panel = (data, which) => {
    const HEIGHT = 20, LEAST = 0.0008;
    const root = treeOf(data, which);
    if (!root.count) return make('p', {class: 'faint'}, 'No stacks.');
    const said = make('p', {class: 'faint', role: 'status'}, 'Choose a call to see it alone; Escape brings all back.');
    const frame = make('div', {});
    const graph = make('div', {class: 'flame', onkeydown: (event) => { if (event.key === 'Escape') draw(root); }}, frame);
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
    return make('div', {}, make('div', {class: 'tools'}, find, make('button', {onclick: () => draw(root)}, 'all')), said, graph);
  };

  return {panel: panel};
})();
