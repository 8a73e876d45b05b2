/* nbody: the sun and the four giant planets pull at each other.

   nbody(steps) starts the system anew, moves it on by steps of 0.01 days and
   returns its energy, which should hardly change. A kernel of double
   arithmetic: mul, sub, sqrt, div. Units: astronomical units, days, and
   masses of the sun times 4 pi^2. */

#define PI 3.141592653589793
#define SOLAR_MASS (4 * PI * PI)
#define DAYS_A_YEAR 365.24
#define BODIES 5
#define TIME_STEP 0.01

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static const struct body beginning[BODIES] = {
    /* the sun */
    {0, 0, 0, 0, 0, 0, SOLAR_MASS},
    /* Jupiter */
    {4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
     1.66007664274403694e-03 * DAYS_A_YEAR, 7.69901118419740425e-03 * DAYS_A_YEAR,
     -6.90460016972063023e-05 * DAYS_A_YEAR, 9.54791938424326609e-04 * SOLAR_MASS},
    /* Saturn */
    {8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
     -2.76742510726411899e-03 * DAYS_A_YEAR, 4.99852801234917238e-03 * DAYS_A_YEAR,
     2.30417297573763929e-05 * DAYS_A_YEAR, 2.85885980666130812e-04 * SOLAR_MASS},
    /* Uranus */
    {1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
     2.96460137564761618e-03 * DAYS_A_YEAR, 2.37847173959480950e-03 * DAYS_A_YEAR,
     -2.96589568540237556e-05 * DAYS_A_YEAR, 4.36624404335156298e-05 * SOLAR_MASS},
    /* Neptune */
    {1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
     2.68067772490389322e-03 * DAYS_A_YEAR, 1.62824170038242295e-03 * DAYS_A_YEAR,
     -9.51592254519715870e-05 * DAYS_A_YEAR, 5.15138902046611451e-05 * SOLAR_MASS},
};

static struct body bodies[BODIES];

/* Sets the bodies to their beginning, with the sun moving so that the whole
   system rests. */
static void begin(void)
{
    struct body *sun = &bodies[0];
    for (int i = 0; i < BODIES; i++) {
        const struct body *b = &bodies[i];
        bodies[i] = beginning[i];
        sun->vx -= b->vx * b->mass / SOLAR_MASS;
        sun->vy -= b->vy * b->mass / SOLAR_MASS;
        sun->vz -= b->vz * b->mass / SOLAR_MASS;
    }
}

static void advance(double dt)
{
    for (struct body *a = bodies; a < bodies + BODIES; a++)
        for (struct body *b = a + 1; b < bodies + BODIES; b++) {
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double squared = dx * dx + dy * dy + dz * dz;
            double pull = dt / (squared * __builtin_sqrt(squared));
            a->vx -= dx * b->mass * pull;
            a->vy -= dy * b->mass * pull;
            a->vz -= dz * b->mass * pull;
            b->vx += dx * a->mass * pull;
            b->vy += dy * a->mass * pull;
            b->vz += dz * a->mass * pull;
        }
    for (struct body *b = bodies; b < bodies + BODIES; b++) {
        b->x += dt * b->vx;
        b->y += dt * b->vy;
        b->z += dt * b->vz;
    }
}

static double energy(void)
{
    double sum = 0;
    for (struct body *a = bodies; a < bodies + BODIES; a++) {
        sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (struct body *b = a + 1; b < bodies + BODIES; b++) {
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            sum -= a->mass * b->mass / __builtin_sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

__attribute__((export_name("nbody"))) double nbody(int steps)
{
    begin();
    for (int i = 0; i < steps; i++)
        advance(TIME_STEP);
    return energy();
}
