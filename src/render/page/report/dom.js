'use strict';
/* Elements, and how numbers are written. All text goes in as text, never as markup: names of threads and functions may be anything. */
const dom = (() => {
  const fill = (element, attributes, inside) => {
    for (const [key, value] of Object.entries(attributes || {}))
      if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined) element.setAttribute(key, value);
    element.append(...inside.filter((one) => one !== null && one !== undefined));
    return element;
  };
  const make = (name, attributes, ...inside) => fill(document.createElement(name), attributes, inside);
  const draw = (name, attributes, ...inside) => fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, inside);

  const plural = (count, what) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
  const span = (seconds) => {
    if (seconds < 60) return `${seconds.toFixed(1)}s`;
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    const two = (number) => String(number).padStart(2, '0');
    if (hours < 1) return `${minutes}m${two(Math.floor(seconds % 60))}s`;
    return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
  };
  /* "worker-1 (4244)" */
  const threadName = (name, tid) => (name ? `${name} (${tid})` : `thread ${tid}`);

  return {make, draw, plural, span, threadName};
})();
