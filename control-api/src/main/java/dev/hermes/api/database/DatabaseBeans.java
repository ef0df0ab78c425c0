package dev.hermes.api.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.hermes.database.access.Pools;
import dev.hermes.database.access.StatementLog;
import dev.hermes.database.access.TenantDatabase;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Primary;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import org.jdbi.v3.core.Jdbi;

/**
 * The pools and what the rest of the API gets instead of them: {@link TenantDatabase} for rows of
 * tenants, a Jdbi that can call three functions for credentials, one for turns at jobs.
 */
@Factory
final class DatabaseBeans {
  private static final int APP = 10;
  // one of them listens for revocations all its life
  private static final int AUTHN = 3;
  private static final int JOBS = 1;

  private final String url;
  private final Path passwords;
  private final StatementLog log;

  /**
   * @param slow statements that take so long are in the log
   */
  DatabaseBeans(
      @Value("${hermes.db-url}") String url,
      @Value("${hermes.db-dir}") String passwords,
      @Value("${hermes.slow-statement:500ms}") Duration slow) {
    this.url = url;
    this.passwords = Path.of(passwords);
    this.log = new StatementLog(slow);
  }

  @Singleton
  @Named("app")
  @Bean(preDestroy = "close")
  HikariDataSource app() {
    return Pools.transactional(url, "hermes_app", passwords.resolve("app"), APP, "hermes-api-app");
  }

  @Singleton
  @Named("authn")
  @Bean(preDestroy = "close")
  HikariDataSource authn() {
    return Pools.autoCommit(
        url, "hermes_authn", passwords.resolve("authn"), AUTHN, "hermes-api-authn");
  }

  /** The platform's own database: the tenants' registry rows and leases. */
  @Singleton
  @Named("home")
  TenantDatabase home(@Named("app") HikariDataSource app, StatementMetrics metrics) {
    return new TenantDatabase(app, new Transactions(), log).watched(metrics);
  }

  /** What a tenant's users make, wherever the tenant's isolation puts it. */
  @Singleton
  @Primary
  TenantDatabase content(Places places, StatementMetrics metrics) {
    return new TenantDatabase(places::of, new Transactions(), log).watched(metrics);
  }

  /** For the keepers of jobs: it may ask whose turn it is, and reaches no table. */
  @Singleton
  @Named("jobs")
  @Bean(preDestroy = "close")
  HikariDataSource jobs() {
    return Pools.autoCommit(url, "hermes_jobs", passwords.resolve("jobs"), JOBS, "hermes-api-jobs");
  }

  @Singleton
  @Named("jobs")
  Jdbi jobsCalls(@Named("jobs") HikariDataSource jobs) {
    return log.on(Jdbi.create(jobs));
  }

  @Singleton
  @Named("authn")
  Jdbi authnCalls(@Named("authn") HikariDataSource authn) {
    return log.on(Jdbi.create(authn));
  }
}
