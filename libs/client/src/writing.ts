interface Writable<Message> {
  write(message: Message): boolean;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  readonly destroyed: boolean;
}

/** Writes one message and waits while the other side does not read; returns at once when the call is over. */
export async function writeMessage<Message>(call: Writable<Message>, message: Message): Promise<void> {
  if (call.destroyed || call.write(message)) return;
  await new Promise<void>((resolve) => {
    const events = ['drain', 'close', 'error', 'status'];
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.once(event, done);
  });
}
