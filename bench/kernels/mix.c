// A mix in the manner of CoreMark, written anew: a linked list that is searched and sorted, a small integer matrix, a state
// machine over text, and a CRC over the results.
#include "kernel.h"

typedef struct Node {
  struct Node *next;
  i32 key;
  u32 value;
} Node;
enum { nodes = 64, dimension = 12 };
static Node pool[nodes];
static i32 left[dimension][dimension], right[dimension][dimension], product[dimension][dimension];
static const char text[] = "5012,0x1A3,-874,+122,1.5e3,.7,T0.3e-1F,12T2,---,0xZ,35.54400,-110.700,e,";

static u16 crc(u16 value, u32 data) {
  for (u32 i = 0; i < 16; ++i) {
    const u32 bit = (data ^ value) & 1;
    data >>= 1;
    value >>= 1;
    if (bit) value ^= 0xA001;
  }
  return value;
}

static Node *make_list(u32 seed) {
  for (u32 i = 0; i < nodes; ++i) {
    pool[i].key = (i32)(next_random(&seed) % 1000);
    pool[i].value = i;
    pool[i].next = i + 1 < nodes ? &pool[i + 1] : 0;
  }
  return pool;
}
static Node *reverse(Node *list) {
  Node *result = 0;
  while (list) {
    Node *next = list->next;
    list->next = result;
    result = list;
    list = next;
  }
  return result;
}
static Node *find(Node *list, i32 key) {
  while (list && list->key != key) list = list->next;
  return list;
}
static i32 by_key(const Node *a, const Node *b) { return a->key - b->key; }
static i32 by_value(const Node *a, const Node *b) { return (i32)(a->value - b->value); }
static Node *merge_sort(Node *list, i32 (*compare)(const Node *, const Node *)) {
  for (u32 run_length = 1;; run_length *= 2) {
    Node *p = list, *tail = 0;
    u32 merges = 0;
    list = 0;
    while (p) {
      ++merges;
      Node *q = p;
      u32 p_size = 0, q_size = run_length;
      while (p_size < run_length && q) {
        ++p_size;
        q = q->next;
      }
      while (p_size > 0 || (q_size > 0 && q)) {
        Node *e;
        if (p_size > 0 && (q_size == 0 || !q || compare(p, q) <= 0)) {
          e = p;
          p = p->next;
          --p_size;
        } else {
          e = q;
          q = q->next;
          --q_size;
        }
        if (tail) {
          tail->next = e;
        } else {
          list = e;
        }
        tail = e;
      }
      p = q;
    }
    tail->next = 0;
    if (merges <= 1) return list;
  }
}
static u16 lists(u32 seed, u16 sum) {
  Node *list = make_list(seed);
  for (i32 i = 0; i < 40; ++i) {
    Node *found = find(list, (i32)((seed + (u32)i * 31) % 1000));
    list = reverse(list);
    sum = crc(sum, found ? found->value : (u32)i);
  }
  list = merge_sort(list, by_key);
  for (Node *n = list; n; n = n->next) sum = crc(sum, (u32)n->key);
  list = merge_sort(list, by_value);
  return crc(sum, (u32)list->key);
}

static u16 matrices(i32 seed, u16 sum) {
  for (i32 i = 0; i < dimension; ++i) {
    for (i32 j = 0; j < dimension; ++j) {
      left[i][j] = (seed + i * j) & 0xFF;
      right[i][j] = (seed ^ (i + j)) & 0x7F;
    }
  }
  for (i32 i = 0; i < dimension; ++i) {
    for (i32 j = 0; j < dimension; ++j) {
      i32 total = 0;
      for (i32 k = 0; k < dimension; ++k) {
        const i32 t = left[i][k] * right[k][j];
        total += ((t >> 2) & 0xF) * ((t >> 5) & 0x7F);
      }
      product[i][j] = total;
    }
    sum = crc(sum, (u32)product[i][i]);
  }
  return sum;
}

enum State { begin, invalid, sign, integer, decimal, exponent, scientific, states };
static u16 machine(u16 sum) {
  u32 finals[states] = {0}, steps[states] = {0};
  for (const char *p = text; *p;) {
    enum State state = begin;
    for (; *p && *p != ','; ++p) {
      const char c = *p;
      const u32 digit = c >= '0' && c <= '9';
      steps[state]++;
      switch (state) {
        case begin:
          state = digit ? integer : c == '+' || c == '-' ? sign : c == '.' ? decimal : invalid;
          break;
        case sign: state = digit ? integer : c == '.' ? decimal : invalid; break;
        case integer: state = digit ? integer : c == '.' ? decimal : c == 'e' ? exponent : invalid; break;
        case decimal: state = digit ? decimal : c == 'e' || c == 'E' ? exponent : invalid; break;
        case exponent: state = digit || c == '+' || c == '-' ? scientific : invalid; break;
        case scientific: state = digit ? scientific : invalid; break;
        default: break;
      }
    }
    if (*p == ',') ++p;
    finals[state]++;
  }
  for (u32 i = 0; i < states; ++i) sum = crc(crc(sum, finals[i]), steps[i]);
  return sum;
}

u32 run(u32 rounds) {
  u16 sum = 0;
  for (u32 i = 0; i < rounds; ++i) {
    sum = lists(i + 1, sum);
    sum = matrices((i32)i, sum);
    sum = machine(sum);
  }
  return sum;
}
