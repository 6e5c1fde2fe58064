// One measurement of Node: peers.js WHAT N prints nanoseconds for each of N.
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

const what = process.argv[2], n = Number(process.argv[3]);
const clock = () => Number(process.hrtime.bigint());

async function switches(tasks) {
  const turns = Math.floor(n / tasks);
  const turn = async () => { for (let i = 0; i < turns; i++) await null; };
  const began = clock();
  const all = [];
  for (let i = 0; i < tasks; i++) all.push(turn());
  await Promise.all(all);
  return clock() - began;
}

async function spawn() {
  const one = async () => 1;
  const began = clock();
  for (let i = 0; i < n; i++) await one();
  return clock() - began;
}

function timer() {
  return new Promise((resolve) => {
    let fired = 0;
    const began = clock();
    const fire = () => { if (++fired === n) resolve(clock() - began); };
    for (let i = 0; i < n; i++) setTimeout(fire, 1);
  });
}

function post() {
  return new Promise((resolve) => {
    const worker = new Worker(__filename, { argv: process.argv.slice(2) });
    worker.on('message', (m) => {
      if (typeof m === 'number') resolve(m); else worker.postMessage(null);
    });
  });
}

function ask() {
  let left = n;
  const began = clock();
  parentPort.on('message', () => {
    if (--left > 0) return parentPort.postMessage(null);
    parentPort.postMessage(clock() - began);
    parentPort.close();
  });
  parentPort.postMessage(null);
}

async function parked() {
  let end;
  const gate = new Promise((resolve) => { end = resolve; });
  const began = clock();
  const all = [];
  for (let i = 0; i < n; i++) all.push((async () => { await gate; })());
  await null;
  end();
  await Promise.all(all);
  return clock() - began;
}

const measure = { switch2: () => switches(2), switch1000: () => switches(1000), spawn, timer, post, parked };
if (isMainThread) measure[what]().then((ns) => console.log(ns / Math.max(n, 1)));
else ask();
