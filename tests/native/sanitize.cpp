// Drives the native kernels and the team without Python, for the sanitizers: every operation, loss and optimizer, odd sizes, steps shared by
// several threads, predictions in several threads at once; and what concurrent_calls.hpp adds: all at once, memory and threads that run out.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "../../native/answer.hpp"
#include "../../native/concurrent.hpp"
#include "faults.hpp"

using namespace glassnet;

void require(bool holds, const char* what) {
    if (!holds) std::printf("%s\n", what), std::exit(1);
}

template <class T>
struct Network {
    std::vector<Operation> operations;
    std::size_t n_parameters = 0, n_statistics = 0;
    std::uint64_t number = 0;

    std::size_t take(std::size_t n) { return (n_parameters += n) - n; }

    Operation next(Kind kind, std::size_t n_in, std::size_t n_out) {
        Operation op{};
        op.kind = kind, op.n_in = n_in, op.n_out = n_out, op.number = number++;
        return op;
    }
    void dense(std::size_t n_in, std::size_t n_out, Activation f) {
        Operation op = next(Kind::dense, n_in, n_out);
        op.activation = f, op.first = take(n_in * n_out), op.second = take(n_out);
        operations.push_back(op);
    }
    void norm(Kind kind, std::size_t n) {
        Operation op = next(kind, n, n);
        op.eps = 1e-5, op.momentum = 0.1, op.first = take(n), op.second = take(n);
        op.mean = n_statistics, op.variance = n_statistics + n;
        if (kind == Kind::batch_norm) n_statistics += 2 * n;
        operations.push_back(op);
    }
    void unit(Kind kind, std::size_t n, Activation f = Activation::identity) {
        Operation op = next(kind, n, n);
        op.activation = f, op.first = take(n);
        operations.push_back(op);
    }
    std::size_t periodic(std::size_t n_in, std::size_t p, std::size_t m, std::size_t k) {
        Operation op = next(Kind::periodic_embedding, n_in, n_in + p * k);
        op.n_numeric = p, op.n_frequencies = m, op.n_embedded = k;
        op.first = take(p * m), op.second = take(p * m), op.third = take(p * m * k), op.fourth = take(p * k);
        operations.push_back(op);
        return op.n_out;
    }
    std::size_t piecewise(std::size_t n_in, std::vector<std::size_t> bins, std::size_t k) {
        Operation op = next(Kind::piecewise_embedding, n_in, n_in + bins.size() * k);
        std::size_t n_bins = 0;
        for (const std::size_t n : bins) op.tables.push_back(n_bins), n_bins += n;
        op.n_numeric = bins.size(), op.n_embedded = k, op.levels = std::move(bins);
        op.first = take(n_bins * k), op.second = take(op.n_numeric * k), op.mean = n_statistics;
        n_statistics += n_bins + op.n_numeric;
        require(piecewise_fault(op, n_parameters, n_statistics) == nullptr, "a piecewise-linear embedding is refused");
        operations.push_back(op);
        return op.n_out;
    }
    std::size_t categories(std::size_t n_in, std::vector<std::size_t> levels, std::size_t k) {
        Operation op = next(Kind::category_embedding, n_in, n_in - levels.size() + levels.size() * k);
        op.n_embedded = k, op.levels = std::move(levels);
        for (const std::size_t n : op.levels) op.tables.push_back(take(n * k));
        operations.push_back(op);
        return op.n_out;
    }
    void mark(Kind kind, std::size_t n_in, std::size_t n_out, std::size_t partner) {
        Operation op = next(kind, n_in, n_out);
        op.partner = partner;
        operations.push_back(op);
    }
    void plain(Kind kind, std::size_t n, Activation f = Activation::identity, double rate = 0, std::size_t partner = 0) {
        Operation op = next(kind, n, n);
        op.activation = f, op.rate = rate, op.partner = partner;
        operations.push_back(op);
    }
};

// Train a network drawn by chance, and return its parameters.
template <class T>
std::vector<T> drive(LossKind kind, OptimizerKind optimizer, Activation f, unsigned seed, std::size_t n_threads) {
    std::mt19937 random(seed);
    const bool large = seed % 4 == 0;  // several pieces a phase
    const std::size_t width = 1 + random() % (large ? 90 : 7), n = 1 + random() % (large ? 300 : 40), d = 1 + random() % (large ? 70 : 5);
    const std::size_t k = kind == LossKind::quantile ? 4 : kind == LossKind::softmax ? 3 : 1 + random() % 2;
    const std::size_t n_columns = kind == LossKind::quantile ? 2 : k;
    Network<T> network;
    std::size_t e = network.periodic(d, d - d / 2, 1 + random() % 9, 1 + random() % 4);
    if (d > 1) e = network.categories(e, std::vector<std::size_t>(d / 2, 1 + random() % 3), 1 + random() % 5);
    if (seed % 2 == 0) e = network.piecewise(e, std::vector<std::size_t>(1 + random() % d, 1 + random() % 40), 1 + random() % 9);
    network.unit(Kind::scale, e);
    network.plain(Kind::residual_begin, e);
    const std::size_t outer = network.operations.size() - 1;
    network.dense(e, width, f);
    network.dense(width, e, Activation::tanh);
    network.plain(Kind::residual_end, e, Activation::identity, 0, outer);
    if (seed % 3 == 0) e = network.periodic(e, 1, 2, 1);  // with a gradient by its input
    network.dense(e, width, Activation::identity);
    network.unit(Kind::mixed_activation, width, f);
    network.norm(Kind::batch_norm, width);
    network.plain(Kind::activation, width, f);
    network.plain(Kind::dropout, width, Activation::identity, 0.3);
    const std::size_t begin = network.operations.size();
    network.plain(Kind::residual_begin, width);
    network.norm(Kind::layer_norm, width);
    network.plain(Kind::residual_end, width, Activation::identity, 0, begin);
    const std::size_t members = network.operations.size();
    network.plain(Kind::members_begin, width);
    network.dense(width, k, f);
    network.mark(Kind::member_end, k, width, members);
    network.plain(Kind::dropout, width, Activation::identity, 0.2);
    network.plain(Kind::activation, width, Activation::tanh);
    network.dense(width, k, Activation::identity);
    network.mark(Kind::member_end, k, width, members);
    network.dense(width, width + 1, f);
    network.dense(width + 1, k, Activation::identity);
    network.mark(Kind::members_end, k, k, members);

    std::normal_distribution<double> normal(0, 0.3);
    std::vector<T> theta(network.n_parameters), gradient(theta.size()), first(theta.size()), second(theta.size());
    std::vector<T> statistics(network.n_statistics, T(1)), X(n * d), y(n * n_columns);
    for (std::size_t i = 0; i < statistics.size(); ++i) statistics[i] = T(0.2) * static_cast<T>(1 + i);  // rising: variances, and edges of bins
    for (T& w : theta) w = static_cast<T>(normal(random));
    for (T& x : X) x = static_cast<T>(normal(random));
    for (T& v : y) v = static_cast<T>(std::abs(normal(random)) + 0.01 < 1 ? 0.5 : 1);
    std::vector<std::int64_t> labels(n), order(3 * n), offsets{0};
    std::vector<double> weight(n);
    for (std::size_t i = 0; i < n; ++i) labels[i] = static_cast<std::int64_t>(random() % k), weight[i] = static_cast<double>(random() % 3);
    for (std::int64_t& row : order) row = static_cast<std::int64_t>(random() % n);
    while (offsets.back() < static_cast<std::int64_t>(order.size()))
        offsets.push_back(std::min<std::int64_t>(offsets.back() + 1 + static_cast<std::int64_t>(random() % 9), static_cast<std::int64_t>(order.size())));
    std::vector<Rates> rates;
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) rates.push_back({0.01, static_cast<double>(random() % 5) / 4, static_cast<double>(random() % 3)});

    Settings settings;
    settings.loss = {kind, kind == LossKind::quantile ? std::vector<double>{0.1, 0.9}
                           : kind == LossKind::huber  ? std::vector<double>{1.0}
                           : kind == LossKind::logistic || kind == LossKind::softmax ? std::vector<double>{0.1} : std::vector<double>{}};
    if (kind == LossKind::squared || kind == LossKind::logistic || kind == LossKind::poisson) settings.loss.outputs = static_cast<Outputs>(seed % 3);
    if (kind == LossKind::logistic || kind == LossKind::softmax) settings.loss.floor = seed % 5 < 2 ? 0.1 : 0;
    settings.optimizer = {optimizer, 0.9, 0.9, 0.99, 1e-8, 0.01, seed % 5 < 2, seed % 2 == 1, seed % 2 == 1};
    settings.l1 = settings.l2 = 0.01;
    settings.per_batch = seed % 5 == 3;
    settings.max_norm = 1;
    const std::vector<Segment> segments{{0, theta.size() / 2, 1, 1}, {theta.size() / 2, theta.size(), 0.5, 0}};
    settings.n_threads = n_threads;
    const Tensors<T> tensors{theta.data(), gradient.data(), statistics.data()};
    Engine<T> engine(network.operations, segments, settings, tensors, statistics.size(), first.data(), second.data());

    Target<T> target;
    target.n_columns = n_columns;
    if (kind == LossKind::softmax) target.labels = labels.data(), target.n_columns = 1;
    else target.numbers = y.data();
    Rows<T> dense;
    dense.dense = X.data(), dense.n = n, dense.n_columns = d;
    double t = 0;
    const Steps steps = engine.run(dense, target, weight.data(), {order.data(), offsets.data(), rates.size()}, 0, rates.data(), t, [] { return false; }, [] {});
    require(steps.done == rates.size() && steps.status == Status::done, "a run stopped early");

    std::vector<std::int32_t> indices(n * d), indptr(n + 1);
    for (std::size_t i = 0; i < n * d; ++i) indices[i] = static_cast<std::int32_t>(i % d);
    for (std::size_t i = 0; i <= n; ++i) indptr[i] = static_cast<std::int32_t>(i * d);
    Rows<T> sparse;
    sparse.data = X.data(), sparse.indices = indices.data(), sparse.indptr = indptr.data(), sparse.n = n, sparse.n_columns = d;
    engine.loss_and_gradient(sparse, target, nullptr, 7);

    const Predictor<T> predictor(network.operations, tensors);
    std::vector<std::vector<T>> scores(3, std::vector<T>(n * k));
    std::vector<std::thread> threads;
    for (auto& Z : scores) threads.emplace_back([&] { predictor.predict(&Z == &scores[0] ? sparse : dense, Z.data(), n_threads); });
    for (auto& thread : threads) thread.join();
    require(scores[0] == scores[1] && scores[1] == scores[2], "threads disagree on a prediction");
    return theta;
}

// Phases of every size, with pauses in which helpers fall asleep; pieces write to plain memory, so a missing order between them shows.
void drive_team(std::size_t n_helpers) {
    std::mt19937 random(static_cast<unsigned>(n_helpers));
    Team team(n_helpers);
    std::vector<std::uint64_t> counts(40, 0);
    std::uint64_t expected = 0;
    for (int round = 0; round < 3000; ++round) {
        const std::size_t n = 1 + random() % counts.size();
        team.run({n, [&](std::size_t piece) { counts[piece] += 1; }});
        team.run({counts.size(), [&](std::size_t piece) { counts[piece] += counts[piece] % 2; }});
        for (std::size_t i = 0; i < counts.size(); ++i) require(counts[i] % 2 == 0, "a piece was left out");
        for (std::size_t i = 0; i < counts.size(); ++i) expected += i < n ? 2 : 0;
        if (round % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::uint64_t sum = 0;
    for (const auto count : counts) sum += count;
    require(sum == expected, "a piece ran twice");
}

#include "concurrent_calls.hpp"

int main() {
    for (std::size_t n_helpers = 0; n_helpers < 5; ++n_helpers) drive_team(n_helpers);
    drive_failures();
    drive_few_threads();
    drive_concurrent_calls();
    drive_all_answers();
    std::printf("%u allocations failed one at a time, in every phase of a step and of a prediction\n", drive_failing_allocations());
    unsigned runs = 0;
    const auto both = [&](auto zero, int loss, int optimizer, int f) {
        using T = decltype(zero);
        const auto trained = [&](std::size_t n_threads) {
            return drive<T>(static_cast<LossKind>(loss), static_cast<OptimizerKind>(optimizer), static_cast<Activation>(f), runs, n_threads);
        };
        require(trained(1) == trained(3), "three threads train other numbers than one");
        ++runs;
    };
    for (int loss = 0; loss < static_cast<int>(names(LossKind{}).size()); ++loss)
        for (int optimizer = 1; optimizer < static_cast<int>(names(OptimizerKind{}).size()); ++optimizer)
            for (int f = 0; f < static_cast<int>(names(Activation{}).size()); ++f) {
                both(0.0f, loss, optimizer, f);
                both(0.0, loss, optimizer, f);
            }
    std::printf("%u engines driven, each with one thread and with three\n", runs);
}
