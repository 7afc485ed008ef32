/* The page of leakwatch serve: the table of processes as samples come in, and of one of them the threads over time, the
 * groups that grow, and its report. */
'use strict';
(() => {
  const {make, draw, plural, span} = leakwatch;
  const find = (selector) => document.querySelector(selector);
  const rows = new Map(); /* by pid: what is remembered of a process while the page is open */
  let selected = null, asking = false;

  /* times: of the values; without, they are evenly spaced. Stretched to whatever room it is given. */
  const line = (values, width, height, name, times) => {
    const most = Math.max(1, ...values), last = values.length - 1;
    const long = times && last > 0 ? times[last] - times[0] || 1 : 1;
    const across = (i) => (times ? (times[i] - times[0]) / long : i / Math.max(1, last)) * width;
    const points = values.map((value, i) => `${across(i).toFixed(1)},${(height - 2 - value / most * (height - 4)).toFixed(1)}`).join(' ');
    return draw('svg', {class: 'line', viewBox: `0 0 ${width} ${height}`, width, height, preserveAspectRatio: 'none', role: 'img', 'aria-label': name},
      draw('polygon', {class: 'area', points: `0,${height} ${points} ${values.length ? across(last).toFixed(1) : 0},${height}`}), draw('polyline', {class: 'stroke', points}));
  };

  const ask = async (path) => {
    const answer = await fetch(path);
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.error || answer.statusText);
    return data;
  };

  const remember = (process) => {
    if (!rows.has(process.pid) || rows.get(process.pid).program !== process.program)
      rows.set(process.pid, {program: process.program, threads: [], first: null, state: undefined});
    const row = rows.get(process.pid);
    if (process.threads !== undefined && process.alive) row.threads.push(process.threads);
    if (row.threads.length > 120) row.threads.shift();
    return row;
  };

  const drawTable = (data) => {
    const focused = document.activeElement && document.activeElement.dataset.pid;
    const body = find('#processes tbody');
    body.replaceChildren(...data.processes.map((process) => {
      const row = remember(process);
      const number = (value, spare) => make('td', {class: spare ? 'spare' : null}, value === undefined ? '-' : String(value));
      const open = make('button', {'data-pid': process.pid, 'aria-pressed': String(selected === process.pid), onclick: () => select(process.pid)}, process.program);
      return make('tr', {'data-pid': process.pid, class: process.alive ? '' : 'faint'}, make('td', {}, open), number(process.pid), number(span(process.uptime_seconds), true),
        make('td', {class: 'threads'}, process.threads === undefined ? '-' : String(process.threads)), make('td', {class: 'spare'}, line(row.threads, 120, 24, 'threads over time')),
        number(process.states && process.states.blocked, true), make('td', {class: process.suspect ? 'verdict-suspect' : ''}, String(process.suspect ?? '-')),
        make('td', {class: process.deadlocks ? 'verdict-deadlock' : ''}, String(process.deadlocks ?? '-')),
        number(process.longest_wait_seconds ? span(process.longest_wait_seconds) : '-', true), make('td', {class: 'note spare'}, process.error || (process.outside ? 'from outside' : '')));
    }));
    if (focused) { const again = body.querySelector(`button[data-pid="${focused}"]`); if (again) again.focus(); }
    const alive = data.processes.filter((process) => process.alive).length;
    find('#state').textContent = `${alive} ${alive === 1 ? 'process' : 'processes'}, sampled at ${new Date(data.time_ms).toLocaleTimeString()}, every ${data.interval_seconds}s`;
  };

  const drawChart = (process) => {
    const threads = process.history.map((moment) => moment[1]);
    const seconds = threads.length > 1 ? (process.history[threads.length - 1][0] - process.history[0][0]) / 1000 : 0;
    const most = Math.max(0, ...threads);
    find('#chart-title').textContent = `${process.program} (${process.pid}): ${plural(process.threads ?? 0, 'thread')}`;
    find('#chart').replaceChildren(line(threads, 900, 120, 'threads over time', process.history.map((moment) => moment[0])),
      make('div', {class: 'scale'}, make('span', {}, `${span(seconds)} ago`), make('span', {}, `at most ${most}`), make('span', {}, 'now')));
  };

  const drawGrowth = (process) => {
    const row = rows.get(process.pid);
    const counts = new Map(process.groups.map((group) => [group.key, group.threads]));
    if (!row.first) row.first = {at: performance.now(), counts};
    const minutes = (performance.now() - row.first.at) / 60000;
    const grown = process.groups.map((group) => ({group, grew: group.threads - (row.first.counts.get(group.key) || 0)})).filter((one) => one.grew > 0).sort((a, b) => b.grew - a.grew);
    const body = find('#growth tbody');
    body.replaceChildren(...grown.slice(0, 10).map(({group, grew}) => make('tr', {}, make('td', {class: 'mono'}, `${group.wait}: ${group.place}`), make('td', {}, String(group.threads)),
      make('td', {}, `+${grew}`), make('td', {}, minutes > 0.01 ? (grew / minutes).toFixed(1) : '-'))));
    if (!grown.length) body.replaceChildren(make('tr', {}, make('td', {class: 'faint'}, 'none since this page was opened')));
  };

  /* The report is left alone while somebody types in it, is at a picture of it, or has words of it selected. */
  const drawReport = async (pid) => {
    const report = find('#report');
    if (report.dataset.pid === String(pid) && report.contains(document.activeElement) && document.activeElement.matches('input, select, .node')) return;
    const chosen = getSelection();
    if (report.dataset.pid === String(pid) && !chosen.isCollapsed && report.contains(chosen.anchorNode)) return;
    const view = await ask(`api/v1/processes/${pid}/view`);
    if (selected !== pid) return;
    const row = rows.get(pid), focused = report.contains(document.activeElement) && document.activeElement.closest('[data-key], [data-tab]');
    report.dataset.pid = pid;
    row.state = leakwatch.show(report, view, row.state);
    if (focused) {
      const again = [...report.querySelectorAll('[data-key] > button, [data-tab]')].find((one) => (focused.dataset.tab && one.dataset.tab === focused.dataset.tab) || (focused.dataset.key && one.parentNode.dataset.key === focused.dataset.key));
      if (again) again.focus({preventScroll: true});
    }
    find('#as-of').textContent = `Report of ${new Date(view.time_ms).toLocaleTimeString()}`;
  };

  const refresh = async () => {
    if (selected === null || asking) return;
    asking = true;
    const pid = selected;
    try {
      const process = await ask(`api/v1/processes/${pid}`);
      if (selected === pid) {
        find('#details').hidden = false;
        drawChart(process);
        drawGrowth(process);
        if (process.threads !== undefined) await drawReport(pid);
      }
    } catch (error) {
      find('#state').textContent = String(error.message || error);
    } finally {
      asking = false;
    }
    if (selected !== pid) refresh();
  };

  const select = (pid) => {
    selected = pid;
    for (const button of document.querySelectorAll('#processes button')) button.setAttribute('aria-pressed', String(Number(button.dataset.pid) === pid));
    location.hash = String(pid);
    refresh();
  };

  const events = new EventSource('api/v1/events');
  events.addEventListener('processes', (event) => {
    drawTable(JSON.parse(event.data));
    if (selected === null && /^#\d+$/.test(location.hash) && rows.has(Number(location.hash.slice(1)))) selected = Number(location.hash.slice(1));
    refresh();
  });
  events.onerror = () => { find('#state').textContent = 'the server does not answer; trying again'; };
})();
