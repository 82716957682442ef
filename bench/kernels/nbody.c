// Straight-line double arithmetic: planets.
#include "kernel.h"

typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;
enum { bodies = 5 };
static const Body start[bodies] = {
    {0, 0, 0, 0, 0, 0, 39.47},
    {4.84, -1.16, -0.10, 0.606, 2.812, -0.025, 0.0377},
    {8.34, 4.12, -0.40, -1.01, 1.82, 0.0084, 0.0113},
    {12.89, -15.11, -0.22, 1.083, 0.868, -0.0108, 0.00172},
    {15.38, -25.92, 0.18, 0.979, 0.594, -0.0347, 0.00203},
};
static Body body[bodies];

static void advance(double dt) {
  for (u32 i = 0; i < bodies; ++i) {
    Body *a = &body[i];
    for (u32 j = i + 1; j < bodies; ++j) {
      Body *b = &body[j];
      const double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      const double square = dx * dx + dy * dy + dz * dz;
      const double magnitude = dt / (square * __builtin_sqrt(square));
      a->vx -= dx * b->mass * magnitude;
      a->vy -= dy * b->mass * magnitude;
      a->vz -= dz * b->mass * magnitude;
      b->vx += dx * a->mass * magnitude;
      b->vy += dy * a->mass * magnitude;
      b->vz += dz * a->mass * magnitude;
    }
  }
  for (u32 i = 0; i < bodies; ++i) {
    body[i].x += dt * body[i].vx;
    body[i].y += dt * body[i].vy;
    body[i].z += dt * body[i].vz;
  }
}

u32 run(u32 rounds) {
  for (u32 i = 0; i < bodies; ++i) body[i] = start[i];
  for (u32 i = 0; i < rounds; ++i) advance(0.01);
  return (u32)(i32)(body[1].x * 1000000);
}
