// Made a component by componentize-js, after a bundler has joined it with the packages events and buffer.
import { EventEmitter } from "events";
import { Buffer } from "buffer";

function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

async function main() {
  console.log("hello world");
  console.log("fib", fib(20));
  const emitter = new EventEmitter();
  emitter.once("greet", (name) => console.log("event for", name));
  emitter.emit("greet", "one");
  console.log("heard again:", emitter.emit("greet", "two"));
  const buffer = Buffer.concat([Buffer.from("héllo"), Buffer.from([0xff, 0])]);
  console.log(buffer.toString("hex"), Buffer.from("aGk=", "base64").toString(), buffer.length);
  const url = new URL("../b?x=1&y=%C3%A9#part", "https://example.org:8443/a/c");
  console.log(url.href, url.port, url.searchParams.get("y"));
  const order = [];
  queueMicrotask(() => order.push("first"));
  const forgotten = setTimeout(() => order.push("forgotten"), 1);
  clearTimeout(forgotten);
  await new Promise((resolve) => {
    const interval = setInterval(() => {
      order.push("tick");
      if (order.length < 4) return;
      clearInterval(interval);
      setTimeout(resolve, 5);
    }, 5);
  });
  console.log(order.join(" "));
  console.log(JSON.stringify([...new Map([["a", 1]])]), [3, 1, 2].toSorted().join());
  console.log(new TextDecoder().decode(new TextEncoder().encode("€")), crypto.getRandomValues(new Uint8Array(4)).length);
}

export const run = { async run() { await main(); } };
