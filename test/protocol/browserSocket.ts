// Because the official client looks for a socket in `window`, once, when it is imported.
Object.assign(globalThis, { window: { WebSocket } });
