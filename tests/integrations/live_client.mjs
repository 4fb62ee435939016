// The socket.io-client of npm: prints what it hears, one line of JSON each. Arguments: its file, address, transport, token.
const [file, address, transport, token] = process.argv.slice(2);
const { io, Fetch, WebSocket } = await import(file);

const socket = io(address, { transports: [transport === "polling" ? Fetch : WebSocket], auth: { token }, reconnection: false });
const print = (name, data) => console.log(JSON.stringify([name, data ?? null]));

socket.on("connect", () => print("connect", socket.io.engine.transport.name));
socket.on("connect_error", (error) => print("refused", error.message));
socket.on("disconnect", (reason) => print("disconnect", reason));
socket.onAny(print);
