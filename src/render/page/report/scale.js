/* Counts as bars, and times on one logarithmic scale for the whole report. */
const scale = (() => {
  const {make, span} = dom;
  const TICKS = [[0.1, '0.1s'], [1, '1s'], [10, '10s'], [60, '1m'], [600, '10m'], [3600, '1h'], [36000, '10h'], [86400, '1d'], [864000, '10d'], [8640000, '100d']];
  const LEAST = 0.01;

  /* From 10 ms to the first tick beyond the longest time there is. */
  const timesOf = (data) => {
    const longest = data.groups.reduce((most, group) => group.threads.reduce((longer, thread) => Math.max(longer, thread[2], thread[3]), most), 0);
    const last = Math.max(2, TICKS.findIndex(([seconds]) => seconds >= longest));
    const end = TICKS[last < 0 ? TICKS.length - 1 : last][0] * 1.15;
    const across = (seconds) => 100 * Math.min(1, Math.log(Math.max(seconds, LEAST) / LEAST) / Math.log(end / LEAST));
    const ticks = TICKS.filter(([seconds]) => seconds < end);
    return {across, ticks: ticks.filter((tick, i) => (ticks.length - 1 - i) % Math.ceil(ticks.length / 4) === 0)};
  };

  const bar = (count, most) => make('span', {class: 'bar'}, make('span', {style: `width:${Math.max(1.5, 100 * count / most)}%`}));

  const axis = (times) => make('span', {class: 'times axis', 'aria-hidden': 'true'}, ...times.ticks.map(([seconds, words]) => make('span', {class: 'tick', style: `left:${times.across(seconds)}%`}, words)));

  /* From the shortest to the longest wait of a group, and when its oldest thread was made. */
  const waits = (times, group) => {
    let shortest = Infinity, longest = 0, oldest = 0;
    for (const [, , waited, age] of group.threads) {
      shortest = Math.min(shortest, waited);
      longest = Math.max(longest, waited);
      oldest = Math.max(oldest, age);
    }
    const from = times.across(shortest), to = times.across(longest);
    const words = [longest ? (shortest === longest ? `waits ${span(longest)}` : `wait ${span(shortest)} to ${span(longest)}`) : '', oldest ? `oldest thread ${span(oldest)}` : ''].filter(Boolean).join(', ');
    return make('span', {class: 'times', role: 'img', 'aria-label': words, title: words}, ...times.ticks.map(([seconds]) => make('span', {class: 'grid', style: `left:${times.across(seconds)}%`})),
      oldest ? make('span', {class: 'age', style: `left:${times.across(oldest)}%`}) : null,
      longest ? make('span', {class: 'range', style: `left:${from}%;width:${to - from}%`}) : null);
  };

  return {timesOf, bar, axis, waits};
})();
