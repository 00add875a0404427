// Bytes of one HTTP answer → its server-sent events. Cuts chunked bodies by hand: the client shares the cores with what
// it measures, and a full HTTP parser costs several times as much a chunk.

export interface StreamReaderHandlers {
  /** `event` is the text between two blank lines, one character a byte. */
  readonly onEvent: (event: string) => void;
  readonly onEnd: () => void;
}

type Place = 'head' | 'size' | 'data' | 'plain' | 'ended';

export class StreamReader {
  readonly #handlers: StreamReaderHandlers;
  #place: Place = 'head';
  #pending = '';
  #chunkLeft = 0;
  #text = '';
  status = 0;

  constructor(handlers: StreamReaderHandlers) {
    this.#handlers = handlers;
  }

  /** What came of a body that is no event stream: an error's JSON. */
  get rest(): string {
    return this.#text;
  }

  push(bytes: Buffer): void {
    this.#pending += bytes.toString('latin1');
    while (this.#advance());
  }

  /** One step through the pending text; false when more bytes are needed. */
  #advance(): boolean {
    switch (this.#place) {
      case 'head':
        return this.#readHead();
      case 'size':
        return this.#readSize();
      case 'data':
        return this.#readData();
      case 'plain':
        this.#text += this.#pending;
        this.#pending = '';
        return false;
      case 'ended':
        return false;
    }
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#pending.slice(0, end).toLowerCase();
    this.status = Number(head.slice(9, 12));
    this.#pending = this.#pending.slice(end + 4);
    this.#place = head.includes('transfer-encoding: chunked') ? 'size' : 'plain';
    return true;
  }

  #readSize(): boolean {
    const end = this.#pending.indexOf('\r\n');
    if (end < 0) return false;
    this.#chunkLeft = Number.parseInt(this.#pending, 16) + 2; // And the line's end behind the chunk.
    this.#pending = this.#pending.slice(end + 2);
    this.#place = 'data';
    if (this.#chunkLeft > 2) return true;
    this.#place = 'ended';
    this.#handlers.onEnd();
    return false;
  }

  #readData(): boolean {
    if (this.#pending.length < this.#chunkLeft) return false;
    this.#text += this.#pending.slice(0, this.#chunkLeft - 2);
    this.#pending = this.#pending.slice(this.#chunkLeft);
    this.#place = 'size';
    this.#cutEvents();
    return true;
  }

  #cutEvents(): void {
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const event = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      this.#handlers.onEvent(event);
    }
  }
}
