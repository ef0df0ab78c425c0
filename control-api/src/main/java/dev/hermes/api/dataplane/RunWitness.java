package dev.hermes.api.dataplane;

import dev.hermes.api.problem.RequestId;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import java.util.function.Consumer;

/** Measures an execution as it passes, and tells its end once. */
final class RunWitness implements Witness {
  private final Run run;
  private final Consumer<Run.End> told;
  private final Passed input = new Passed();
  private final Passed output = new Passed();
  private boolean good;
  private boolean ended;

  RunWitness(Run run, Consumer<Run.End> told) {
    this.run = run;
    this.told = told;
  }

  @Override
  public void sent(ByteBuf part) {
    if (!ended) {
      input.add(part);
    }
  }

  /** The head of the answer also gets the id by which its receipt is found. */
  @Override
  public void answered(HttpObject part) {
    if (part instanceof HttpResponse response) {
      // where only the connection's end ends an answer, half of one looks like all of it
      good = response.status().code() == 200 && Routes.isDelimited(response);
      response.headers().set(RequestId.HEADER, run.receipt().requestId());
    }
    if (part instanceof HttpContent content && !ended) {
      output.add(content.content());
    }
  }

  @Override
  public void ended(boolean whole) {
    if (!ended) {
      ended = true;
      told.accept(new Run.End(whole && good, input.content(), output.content()));
    }
  }
}
