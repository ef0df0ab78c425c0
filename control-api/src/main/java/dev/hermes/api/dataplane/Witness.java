package dev.hermes.api.dataplane;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpObject;

/** Sees what passes of one request, on its client's event loop, and takes none of it. */
interface Witness {
  /** Of requests that leave no receipt. */
  Witness NONE =
      new Witness() {
        @Override
        public void sent(ByteBuf part) {}

        @Override
        public void answered(HttpObject part) {}

        @Override
        public void ended(boolean whole) {}
      };

  /** A part of the request's body that goes to the daemon. */
  void sent(ByteBuf part);

  /** A part of the daemon's answer that goes to the client. */
  void answered(HttpObject part);

  /**
   * Nothing more passes; the first call counts.
   *
   * @param whole whether the answer came to its end and went out
   */
  void ended(boolean whole);
}
