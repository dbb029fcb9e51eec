/*
 * tolerance.c
 *		Way points thinned out by Douglas and Peucker's way.
 */
#include "sim.h"

#include <math.h>

typedef struct Road
{
	double	   *x;				/* km */
	double	   *y;
	bool	   *kept;
} Road;

static double
distance_to_chord(const Road *p, int i, int a, int z)
{
	double		dx = p->x[z] - p->x[a];
	double		dy = p->y[z] - p->y[a];
	double		len2 = dx * dx + dy * dy;
	double		f = len2 > 0 ? ((p->x[i] - p->x[a]) * dx + (p->y[i] - p->y[a]) * dy) / len2 : 0;

	f = f < 0 ? 0 : f > 1 ? 1 : f;
	return hypot(p->x[i] - p->x[a] - f * dx, p->y[i] - p->y[a] - f * dy);
}

static void
thin(Road *p, int a, int z, double km)
{
	int			far = -1;
	double		most = km;

	for (int i = a + 1; i < z; i++)
	{
		double		d = distance_to_chord(p, i, a, z);

		if (d > most)
		{
			most = d;
			far = i;
		}
	}
	if (far < 0)
		return;
	p->kept[far] = true;
	thin(p, a, far, km);
	thin(p, far, z, km);
}

void
tolerance_select(const Vehicle *v, const Trip *t, double km, Selection *sel)
{
	int			n = waypoint_count(t);
	Road		p = {sim_alloc((size_t) n * sizeof(double)), sim_alloc((size_t) n * sizeof(double)), sim_alloc((size_t) n)};
	State		s;

	for (int i = 0; i < n; i++)
	{
		waypoint_at(v, t, i, &s);
		p.x[i] = s.lon * 111.2 * cos(t->lat[0] * M_PI / 180);
		p.y[i] = s.lat * 111.2;
	}
	if (n > 0)
	{
		p.kept[0] = p.kept[n - 1] = true;
		thin(&p, 0, n - 1, km);
	}
	for (int i = 0; i < n; i++)
		if (p.kept[i])
			selection_add(sel, (uint32_t) i);
	free(p.x);
	free(p.y);
	free(p.kept);
}
