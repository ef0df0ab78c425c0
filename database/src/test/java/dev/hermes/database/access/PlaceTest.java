package dev.hermes.database.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PlaceTest {
  private static final DataSource HOME = new TenantDataSource();
  private static final DataSource OTHER = new TenantDataSource();
  private static final Place SHARED = Place.shared(HOME);
  private static final Place OWN = new Place(HOME, "hermes_t_a");

  @Test
  @DisplayName(
      "what names its schema joins any transaction of its database, the rest its own place")
  void joins() {
    assertThat(SHARED.joins(SHARED)).isTrue();
    assertThat(SHARED.joins(OWN)).as("registry and leases, from a tenant's own schema").isTrue();
    assertThat(OWN.joins(OWN)).isTrue();
    assertThat(OWN.joins(SHARED)).as("its tables would be found in the shared schema").isFalse();
    assertThat(OWN.joins(new Place(HOME, "hermes_t_b"))).isFalse();
    assertThat(SHARED.joins(Place.shared(OTHER))).as("another database").isFalse();
    assertThat(Place.shared(OTHER).joins(SHARED)).isFalse();
  }

  @Test
  @DisplayName("a schema's name is a plain one")
  void names() {
    assertThatThrownBy(() -> new Place(HOME, "a, pg_temp"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
