package dev.hermes.api.thread;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.core.order.Ordered;
import io.micronaut.scheduling.TaskExecutors;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;

/** Makes Micronaut's executor for what blocks one that a request goes to once. */
@Singleton
final class BlockingThreads implements BeanCreatedEventListener<ExecutorService>, Ordered {

  /** Around what Micronaut puts around executors, which is for a change of threads. */
  @Override
  public int getOrder() {
    return LOWEST_PRECEDENCE;
  }

  @Override
  public ExecutorService onCreated(BeanCreatedEvent<ExecutorService> event) {
    return event.getBeanIdentifier().getName().equals(TaskExecutors.BLOCKING)
        ? new OneThread(event.getBean())
        : event.getBean();
  }
}
