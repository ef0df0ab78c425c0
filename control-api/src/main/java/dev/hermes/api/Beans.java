package dev.hermes.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** The few things that every capability may ask for. */
@Factory
final class Beans {

  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }

  /**
   * For the dynamic JSON of the OpenAI protocol; plain answers are records and go through serde.
   * Its buffers are shared: by default they are the thread's, and a virtual thread begins with
   * none.
   */
  @Singleton
  ObjectMapper json() {
    return new ObjectMapper(
        JsonFactory.builder().recyclerPool(JsonRecyclerPools.sharedBoundedPool()).build());
  }

  /** Short periodic work: polls, heartbeats, deadlines. Nothing in it may block for long. */
  @Singleton
  @Bean(preDestroy = "shutdownNow")
  ScheduledExecutorService timer() {
    return Executors.newScheduledThreadPool(
        2, Thread.ofPlatform().daemon().name("timer-", 0).factory());
  }
}
