// Node `ws` fed by Redis pub/sub: the fastest ordinary way to show many sockets one message.
import Redis from "ioredis";
import { WebSocketServer } from "ws";

const [port, redis, channel] = process.argv.slice(2);
const server = new WebSocketServer({ port: Number(port), host: "127.0.0.1", perMessageDeflate: false });
const subscriber = new Redis(redis);
await subscriber.subscribe(channel);
subscriber.on("message", (_, message) => {
  for (const client of server.clients) client.send(message);
});
