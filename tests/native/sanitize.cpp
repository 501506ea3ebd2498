// Drives the native kernels and the team without Python, for the sanitizers: every operation, loss
// and optimizer, odd sizes, steps shared by several threads, predictions in several threads at
// once; and what concurrent_calls.hpp adds: all at once, memory and threads that run out. Prints
// results for the comparison with another processor, see test_processors.py.
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <thread>

#include "../../native/concurrent.hpp"
#include "../../native/output_transform.hpp"
#include "faults.hpp"

using namespace glassnet;

void expect(bool holds, const char* what) {
    if (!holds) std::printf("%s\n", what), std::exit(1);
}

// The arguments of the operations of a network, with room for their tensors in theta and
// statistics.
struct Network {
    using Numbers = std::map<std::string, std::vector<double>>;

    std::vector<OperationArguments> operations;
    std::size_t n_parameters = 0, n_statistics = 0;

    void add(const char* kind, std::size_t n_in, std::size_t n_out,
             std::vector<std::size_t> sizes = {}, Numbers numbers = {},
             const char* activation = nullptr, std::vector<std::size_t> of_statistics = {}) {
        OperationArguments made{kind, n_in, n_out, operations.size(), {}, std::move(numbers), {}};
        for (const std::size_t n : sizes) made.tensors.push_back((n_parameters += n) - n);
        for (const std::size_t n : of_statistics) made.tensors.push_back((n_statistics += n) - n);
        if (activation) made.names["activation"] = activation;
        operations.push_back(std::move(made));
    }
    void dense(std::size_t n_in, std::size_t n_out, const char* f) {
        add("dense", n_in, n_out, {n_in * n_out, n_out}, {{"n_out", {double(n_out)}}}, f);
    }
    void activation(std::size_t n, const char* f) {
        add("activation", n, n, {}, {{"parametric", {0.0}}}, f);
    }
    void mixed_activation(std::size_t n, const char* f) {
        add("activation", n, n, {n}, {{"parametric", {1.0}}}, f);
    }
    void dropout(std::size_t n, double rate) { add("dropout", n, n, {}, {{"rate", {rate}}}); }
    void batch_norm(std::size_t n) {
        add("batch_norm", n, n, {n, n}, {{"eps", {1e-5}}, {"momentum", {0.1}}}, nullptr, {n, n});
    }
    void layer_norm(std::size_t n) { add("layer_norm", n, n, {n, n}, {{"eps", {1e-5}}}); }
    std::size_t periodic(std::size_t n_in, std::size_t p, std::size_t m, std::size_t k) {
        add("periodic_embedding", n_in, n_in + p * k, {p * m, p * m, p * m * k, p * k},
            {{"n_numeric", {double(p)}}, {"n_frequencies", {double(m)}}, {"n_out", {double(k)}}});
        return n_in + p * k;
    }
    std::size_t piecewise(std::size_t n_in, const std::vector<double>& bins, std::size_t k) {
        const std::size_t p = bins.size(), n_bins = static_cast<std::size_t>(
                                               std::accumulate(bins.begin(), bins.end(), 0.0));
        add("piecewise_linear_embedding", n_in, n_in + p * k, {n_bins * k, p * k},
            {{"n_bins", bins}, {"n_out", {double(k)}}}, nullptr, {n_bins + p});
        return n_in + p * k;
    }
    std::size_t categories(std::size_t n_in, const std::vector<double>& levels, std::size_t k) {
        std::vector<std::size_t> sizes;
        for (const double n : levels) sizes.push_back(static_cast<std::size_t>(n) * k);
        const std::size_t n_out = n_in - levels.size() + levels.size() * k;
        add("category_embedding", n_in, n_out, sizes, {{"levels", levels}, {"n_out", {double(k)}}});
        return n_out;
    }
    template <class T>
    Operations<T> made() const {
        return make_operations<T>(operations, n_parameters, n_statistics);
    }
};

// The parameters after training; and for the comparison of processors, which compute the same only
// as long as little was trained: the objective, the gradient's length and the sum of the scores
// before it, the losses of the first three steps, and the number of steps.
template <class T>
struct Trained {
    std::vector<T> theta;
    double objective, length, scores;
    std::vector<double> losses;
    std::size_t n_steps;
};

// Train a network drawn by chance.
template <class T>
Trained<T> drive(const LossKind<T>& loss, const OptimizerKind<T>& optimizer, const char* f,
                     unsigned seed, std::size_t n_threads) {
    std::mt19937 random(seed);
    const bool large = seed % 4 == 0;  // several pieces a phase
    const std::size_t width = 1 + random() % (large ? 90 : 7),
                      n = 1 + random() % (large ? 300 : 40), d = 1 + random() % (large ? 70 : 5);
    const std::size_t k = loss.per_setting ? 4
                          : loss.per_class ? 3
                                           : 1 + random() % 2,
                      n_columns = loss.per_setting ? 2 : k;
    Network network;
    // Drawn one by one: compilers differ in the order in which they take arguments.
    const std::size_t frequencies = 1 + random() % 9, outputs = 1 + random() % 4,
                      levels = 1 + random() % 3, units = 1 + random() % 5,
                      columns = 1 + random() % d, bins = 1 + random() % 40;
    std::size_t e = network.periodic(d, d - d / 2, frequencies, outputs);
    if (d > 1) e = network.categories(e, std::vector<double>(d / 2, double(levels)), units);
    if (seed % 2 == 0)
        e = network.piecewise(e, std::vector<double>(columns, double(bins)), 1 + random() % 9);
    network.add("scale", e, e, {e});
    network.add("residual_begin", e, e);
    network.dense(e, width, f);
    network.dense(width, e, "tanh");
    network.add("residual_end", e, e);
    if (seed % 3 == 0) e = network.periodic(e, 1, 2, 1);  // with a gradient by its input
    network.dense(e, width, "identity");
    network.mixed_activation(width, f);
    network.batch_norm(width);
    network.activation(width, f);
    network.dropout(width, 0.3);
    network.add("residual_begin", width, width);
    network.layer_norm(width);
    network.add("residual_end", width, width);
    network.add("members_begin", width, width);
    network.dense(width, k, f);
    network.add("member_end", k, width);
    network.dropout(width, 0.2);
    network.activation(width, "tanh");
    network.dense(width, k, "identity");
    network.add("member_end", k, width);
    network.dense(width, width + 1, f);
    network.dense(width + 1, k, "identity");
    network.add("members_end", k, k);

    std::normal_distribution<double> normal(0, 0.3);
    std::vector<T> theta(network.n_parameters), gradient(theta.size()), first(theta.size()),
        second(theta.size());
    std::vector<T> statistics(network.n_statistics, T(1)), X(n * d), y(n * n_columns);
    for (std::size_t i = 0; i < statistics.size(); ++i)
        statistics[i] = T(0.2) * static_cast<T>(1 + i);  // rising: variances, and edges of bins
    for (T& w : theta) w = static_cast<T>(normal(random));
    for (T& x : X) x = static_cast<T>(normal(random));
    for (T& v : y) v = static_cast<T>(std::abs(normal(random)) + 0.01 < 1 ? 0.5 : 1);
    std::vector<std::int64_t> labels(n), order(3 * n), offsets{0};
    std::vector<double> weight(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = static_cast<std::int64_t>(random() % k),
        weight[i] = static_cast<double>(random() % 3);
    for (std::int64_t& row : order) row = static_cast<std::int64_t>(random() % n);
    while (offsets.back() < static_cast<std::int64_t>(order.size()))
        offsets.push_back(
            std::min<std::int64_t>(offsets.back() + 1 + static_cast<std::int64_t>(random() % 9),
                                   static_cast<std::int64_t>(order.size())));
    std::vector<Rates> rates;
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
        rates.push_back(
            {0.01, static_cast<double>(random() % 5) / 4, static_cast<double>(random() % 3)});

    Settings settings;
    settings.loss.name = loss.name;
    if (loss.has_settings)
        settings.loss.settings =
            loss.per_setting ? std::vector<double>{0.1, 0.9} : std::vector<double>{0.1};
    if (loss.has_reduction) settings.loss.reduction = reductions[seed % 3];
    if (loss.clips) settings.loss.clip_eps = seed % 5 < 2 ? 0.1 : 0;
    settings.optimizer = {optimizer.name, 0.9,          0.9,           0.99,         1e-8,
                          0.01,           seed % 5 < 2, seed % 2 == 1, seed % 2 == 1};
    settings.l1 = settings.l2 = 0.01;
    settings.per_batch = seed % 5 == 3;
    settings.max_norm = 1;
    const std::vector<Segment> segments{{0, theta.size() / 2, 1, 1},
                                        {theta.size() / 2, theta.size(), 0.5, 0}};
    settings.n_threads = n_threads;
    const Tensors<T> tensors{theta.data(), gradient.data(), statistics.data()};
    const Operations<T> operations = network.made<T>();
    Engine<T> engine(operations, segments, settings, tensors, statistics.size(), first.data(),
                     second.data());

    Target<T> target;
    target.n_columns = n_columns;
    if (loss.per_class)
        target.labels = labels.data(), target.n_columns = 1;
    else
        target.numbers = y.data();
    Rows<T> dense;
    dense.dense = X.data(), dense.n = n, dense.n_columns = d;
    std::vector<std::vector<T>> scores(3, std::vector<T>(n * k));
    Predictor<T>(operations, tensors).predict(dense, scores[0].data(), 1);
    Trained<T> trained{{},
                       engine.loss_and_gradient(dense, target, nullptr, 7),
                       engine.gradient_norm(),
                       std::accumulate(scores[0].begin(), scores[0].end(), 0.0),
                       {},
                       rates.size()};
    double t = 0;
    const Steps steps = engine.run(
        dense, target, weight.data(), {order.data(), offsets.data(), rates.size()}, 0, rates.data(),
        t, [] { return false; }, [] {});
    expect(steps.losses.size() == rates.size() && steps.status == Status::done,
           "a run stopped early");

    std::vector<std::int32_t> indices(n * d), indptr(n + 1);
    for (std::size_t i = 0; i < n * d; ++i) indices[i] = static_cast<std::int32_t>(i % d);
    for (std::size_t i = 0; i <= n; ++i) indptr[i] = static_cast<std::int32_t>(i * d);
    Rows<T> sparse;
    sparse.data = X.data(), sparse.indices = indices.data(), sparse.indptr = indptr.data(),
    sparse.n = n, sparse.n_columns = d;
    engine.loss_and_gradient(sparse, target, nullptr, 7);

    const Predictor<T> predictor(operations, tensors);
    std::vector<std::thread> threads;
    for (auto& Z : scores)
        threads.emplace_back(
            [&] { predictor.predict(&Z == &scores[0] ? sparse : dense, Z.data(), n_threads); });
    for (auto& thread : threads) thread.join();
    expect(scores[0] == scores[1] && scores[1] == scores[2], "threads disagree on a prediction");
    trained.theta = theta;
    trained.losses = steps.losses;
    trained.losses.resize(3);
    return trained;
}

// Phases of every size, with pauses in which helpers fall asleep; pieces write to plain memory, so
// a missing order between them shows.
void drive_team(std::size_t n_helpers) {
    std::mt19937 random(static_cast<unsigned>(n_helpers));
    Team team(n_helpers);
    std::vector<std::uint64_t> counts(40, 0);
    std::uint64_t expected = 0;
    for (int round = 0; round < 3000; ++round) {
        const std::size_t n = 1 + random() % counts.size();
        team.run({n, [&](std::size_t piece) { counts[piece] += 1; }});
        team.run({counts.size(), [&](std::size_t piece) { counts[piece] += counts[piece] % 2; }});
        for (std::size_t i = 0; i < counts.size(); ++i)
            expect(counts[i] % 2 == 0, "a piece was left out");
        for (std::size_t i = 0; i < counts.size(); ++i) expected += i < n ? 2 : 0;
        if (round % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::uint64_t sum = 0;
    for (const auto count : counts) sum += count;
    expect(sum == expected, "a piece ran twice");
}

#include "concurrent_calls.hpp"
#include "results.hpp"

// With an argument n only every n-th engine is driven.
int main(int n_arguments, char** arguments) {
    const unsigned every =
        n_arguments > 1 ? static_cast<unsigned>(std::strtoul(arguments[1], nullptr, 10)) : 1;
    for (std::size_t n_helpers = 0; n_helpers < 5; ++n_helpers) drive_team(n_helpers);
    drive_failures();
    if (faults::in_threads) drive_few_threads();
    drive_concurrent_calls();
    drive_all_answers();
    std::printf(
        "%u allocations failed one at a time, in every phase of a step and of a prediction\n",
        drive_failing_allocations());
    print_exact_results();
    unsigned runs = 0, driven = 0;
    const auto all = [&](auto zero) {
        using T = decltype(zero);
        for (const auto& loss : losses<T>)
            for (const auto& optimizer : optimizers<T>)
                for (const auto& f : activations<T>) {
                    if (std::string(optimizer.name) == "none" || runs++ % every != 0) continue;
                    const auto trained = [&](std::size_t n_threads) {
                        return drive<T>(loss, optimizer, f.name, runs, n_threads);
                    };
                    const Trained<T> one = trained(1);
                    // Sixteen are more than there are pieces in many a phase.
                    expect(one.theta == trained(driven % 8 == 0 ? 16 : 3).theta,
                           "several threads train other numbers than one");
                    std::printf("run %u %s %s %s float%zu, %zu steps:", runs, loss.name,
                                optimizer.name, f.name, 8 * sizeof(T), one.n_steps);
                    std::printf(" %.17g %.17g %.17g %.17g %.17g %.17g\n", one.objective, one.length,
                                one.scores, one.losses[0], one.losses[1], one.losses[2]);
                    ++driven;
                }
    };
    all(0.0f);
    all(0.0);
    std::printf("%u engines driven, each with one thread and with three or sixteen\n", driven);
}
