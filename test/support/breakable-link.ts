import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a service that can be cut like a cable: neither side gets to say goodbye. */
export class BreakableLink {
  readonly #sockets = new Set<Socket>();

  private constructor(readonly server: Server) {}

  static async to(address: string): Promise<BreakableLink> {
    const [host, port] = address.split(':');
    const server = createServer();
    const link = new BreakableLink(server);
    server.on('connection', (near) => {
      const far = connect(Number(port), host);
      for (const socket of [near, far]) {
        link.#sockets.add(socket);
        socket.on('error', () => {});
      }
      near.pipe(far).pipe(near);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return link;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.server.close();
  }
}
