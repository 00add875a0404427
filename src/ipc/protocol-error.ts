/** A frame that breaks the protocol: wrong shape, too long, or not msgpack. The side that sent it is not to be trusted. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}
