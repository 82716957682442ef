// The same as a component of JavaScript, with a unit of its own: text, objects, closures and numbers.
function unit() {
  const words = [];
  for (let i = 0; i < 300; ++i) words.push("w" + ((i * 7919) % 251));
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 20);
  const text = JSON.stringify(sorted.map(([word, count]) => ({ word, count })));
  let sum = JSON.parse(text).reduce((all, one) => all + one.count, 0);
  for (let i = 0; i < 2000; ++i) sum = (sum * 31 + (i ^ (sum >> 3))) | 0;
  return sum;
}

export const run = {
  run() {
    for (;;) {
      unit();
      console.log("");
    }
  },
};
