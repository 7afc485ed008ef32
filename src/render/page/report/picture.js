/* Draws a piece of the wait-for graph (wait_graph.js) as SVG. */
const picture = (() => {
  const {draw, span, threadName} = dom;
  let count = 0;

  /* "fork_at+40 (0x5581c0a04060)": the address is in the words beside the picture. */
  const shortObject = (object) => object.replace(/^(.+) \((0x[0-9a-f]+|\d+)\)$/, '$1');
  const cut = (words, most) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);
  const isJoin = (node) => node.wait === 'thread join';

  /* The two lines below a name: of a thread what it waits for and where it stands. */
  const whatOf = (node) => {
    if (node.text) return node.text[0];
    if (node.ended) return node.seconds ? `ended ${span(node.seconds)} ago` : 'has ended';
    if (node.elsewhere) return 'not a thread of this process';
    return node.object && !isJoin(node) ? `${node.wait}: ${shortObject(node.object)}` : node.wait;
  };
  /* Function, file and line. most: letters that there is room for; the function gives way. */
  const placeWords = (data, at, most = Infinity) => {
    if (at === null || at === undefined) return '';
    const name = stacks.nameOf(data.frames[at]), where = stacks.placeOf(data.frames[at]);
    return name.length + where.length < most ? `${name} ${where}` : `${cut(name, Math.max(5, most - where.length - 1))} ${where}`;
  };
  const atOf = (data, node, most) => (node.text ? node.text[1] || '' : placeWords(data, node.place, most));
  const titleOf = (data, node) => [node.fold || node.nobody || node.text ? node.name : threadName(node.name, node.id), whatOf(node), atOf(data, node)].filter(Boolean).join('\n');

  const boxOf = (data, node, spot, box, choose) => {
    const most = Math.floor((box.width - 22) / 6.7), special = node.fold || node.nobody || node.text;
    const kind = [node.kind || '', node.stuck ? 'stuck' : '', node.fold ? 'fold' : '', node.nobody || node.ended || node.elsewhere ? 'absent' : ''].join(' ').trim();
    const name = special ? node.name : node.name || 'thread', tid = special ? '' : node.id;
    const element = draw('g', {class: `node ${kind}`.trim(), transform: `translate(${spot.x} ${spot.y})`, 'data-tid': special ? null : node.id},
      draw('title', {}, titleOf(data, node)), draw('rect', {width: box.width, height: box.height, rx: 6}),
      draw('text', {class: 'name', x: 11, y: 21}, cut(name, most - tid.length)), draw('text', {class: 'tid', x: box.width - 11, y: 21, 'text-anchor': 'end'}, tid),
      draw('text', {class: 'what', x: 11, y: 39}, cut(whatOf(node), most)), draw('text', {class: 'at', x: 11, y: 56}, cut(atOf(data, node, most), most)));
    if (special || !choose) return element;
    element.setAttribute('tabindex', '0');
    element.setAttribute('role', 'button');
    element.addEventListener('click', () => choose(node));
    element.addEventListener('keydown', (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); choose(node); } });
    return element;
  };

  const arrowHead = (id, kind) => draw('marker', {id, class: kind, viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto'}, draw('path', {d: 'M0 0L10 5L0 10z'}));

  const svgOf = (data, piece, width, name, choose) => {
    const placed = layout.place(piece, width), heads = {stuck: `arrow-stuck-${++count}`, free: `arrow-${count}`};
    const svg = draw('svg', {class: 'waits', viewBox: `0 0 ${placed.width} ${placed.height}`, width: placed.width, height: placed.height, role: 'group', 'aria-label': name},
      draw('defs', {}, arrowHead(heads.stuck, 'stuck'), arrowHead(heads.free, 'free')));
    for (const {edge, path} of placed.routes)
      svg.append(draw('path', {class: edge.stuck ? 'edge stuck' : 'edge', d: path, 'marker-end': `url(#${edge.stuck ? heads.stuck : heads.free})`, 'data-from': edge.from, 'data-to': edge.to}));
    for (const [id, spot] of placed.spots) svg.append(boxOf(data, piece.nodes.get(id), spot, placed.box, choose));
    return svg;
  };

  /* An element with the picture in it, drawn anew when the width changes that `within` has for it. beside: what stands there too
   * and must have room, if there is enough for both. */
  const WIDE = 900, BESIDE = 500;
  const show = (data, piece, name, choose, within, beside) => {
    const element = dom.make('div', {class: 'picture'});
    let drawnFor = 0;
    new ResizeObserver(() => {
      const width = within.clientWidth - (beside && within.clientWidth >= WIDE ? BESIDE : 0);
      if (!width || Math.abs(width - drawnFor) < 8) return;
      drawnFor = width;
      element.replaceChildren(svgOf(data, piece, width, name, choose));
    }).observe(within);
    return element;
  };

  return {show, shortObject, placeWords};
})();
