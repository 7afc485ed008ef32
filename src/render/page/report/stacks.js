/* Frames: what they are called, where they are, and the lines of source around them. */
const stacks = (() => {
  const {make} = dom;
  const SHOWN_AROUND = 2;

  const baseName = (path) => path.slice(path.lastIndexOf('/') + 1);
  const nameOf = (frame) => frame.function || `${frame.module}+${frame.offset}`;
  const placeOf = (frame) => (frame.file ? `${baseName(frame.file)}:${frame.line}` : frame.function ? `${frame.module}+${frame.offset}` : '');

  /* The line itself, without its indentation; null if the source was not there. */
  const lineOf = (data, frame) => {
    const lines = frame.file && data.sources[frame.file];
    return lines && lines[frame.line] !== undefined ? lines[frame.line].trim() : null;
  };

  /* "eats  lock_ring.c:48  pthread_mutex_lock(…);" */
  const place = (data, at) => {
    if (at === null || at === undefined) return null;
    const frame = data.frames[at], line = lineOf(data, frame);
    return make('span', {class: 'place', title: frame.file ? `${frame.file}:${frame.line}` : frame.module}, make('b', {}, nameOf(frame)), ' ',
      make('span', {class: 'where'}, placeOf(frame)), line ? ' ' : null, line ? make('code', {class: 'line'}, line) : null);
  };

  const excerpt = (data, frame) => {
    const lines = frame.file && data.sources[frame.file];
    if (!lines || lines[frame.line] === undefined) return null;
    const numbers = Object.keys(lines).map(Number).filter((number) => Math.abs(number - frame.line) <= SHOWN_AROUND).sort((a, b) => a - b);
    const indents = numbers.filter((number) => lines[number].trim()).map((number) => lines[number].match(/^\s*/)[0].length), least = Math.min(...indents);
    return make('div', {class: 'source'}, ...numbers.map((number) => make('div', {class: number === frame.line ? 'at' : null},
      make('span', {class: 'number'}, String(number)), make('code', {}, lines[number].slice(least) || ' '))));
  };

  /* One frame: its name and place, and behind a button the source around it. */
  const frameItem = (data, at, number, isOpen) => {
    const frame = data.frames[at], source = excerpt(data, frame);
    const item = make('li', {class: frame.library ? 'library' : null});
    const words = [make('span', {class: 'number'}, `#${number}`), make('span', {class: 'function'}, nameOf(frame)),
      frame.inlined ? make('span', {class: 'faint'}, '(inlined)') : null, make('span', {class: 'where'}, placeOf(frame))];
    if (!source) {
      item.append(make('div', {class: 'frame', title: frame.file || frame.module}, ...words.filter(Boolean)));
      return item;
    }
    const toggle = () => {
      const open = source.parentNode !== item;
      if (open) item.append(source); else source.remove();
      button.setAttribute('aria-expanded', String(open));
    };
    const button = make('button', {class: 'frame', 'aria-expanded': 'false', title: frame.file, onclick: toggle}, ...words);
    item.append(button);
    if (isOpen) toggle();
    return item;
  };

  /* call: of the library's, which the shim saw and which is on no stack. The first of the program's own frames is open. */
  const list = (data, stack, call) => {
    const element = make('ol', {class: 'frames'});
    const own = stack.find((at) => !data.frames[at].library) ?? stack[0];
    let number = 0;
    if (call) element.append(make('li', {}, make('div', {class: 'frame'}, make('span', {class: 'number'}, `#${number++}`), make('span', {class: 'function'}, call))));
    for (const at of stack) element.append(frameItem(data, at, number++, at === own));
    return element;
  };

  return {baseName, nameOf, placeOf, place, list};
})();
